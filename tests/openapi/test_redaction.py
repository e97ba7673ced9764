import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.openapi.redaction import redacted

HEX = "bbc0" * 16
BASE64 = "OLeaidS1JvxuMvnyHOwuJ+uX5qY="
TICKET = "wss%3A%2F%2Fhz01-vncproxy.aliyun.com%2Fwebsockify%2F%3Fs%3DDvh%252FIA%252BYc73"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"ACS3-HMAC-SHA256 Credential=LTAI,SignedHeaders=host,Signature={HEX}",
         "ACS3-HMAC-SHA256 Credential=LTAI,SignedHeaders=host,Signature=[redacted]"),
        (f"GET /?Signature={BASE64}&RegionId=cn-hangzhou", "GET /?Signature=[redacted]&RegionId=cn-hangzhou"),
        ("GET /?Signature=OLeaidS1JvxuMvnyHOwuJ%2BuX5qY%3D&x=1", "GET /?Signature=[redacted]&x=1"),
        (f"signature%3D{HEX}", "signature%3D[redacted]"),
        (f'{{"Signature": "{BASE64}"}}', '{"Signature": "[redacted]"}'),
        ("The Signature=short one", "The Signature=short one"),
        ("SignatureDoesNotMatch: the signature is wrong", "SignatureDoesNotMatch: the signature is wrong"),
        (f"Made {TICKET} for you", "Made [redacted] for you"),
        (f"Made {TICKET.replace('%', '%25')} for you", "Made [redacted] for you"),
        ("Made wss://a.example.com/?s=Dvh%2FIA for you", "Made [redacted] for you"),
        (r"Made WS:\/\/a.example.com\/?s=Dvh for you", "Made [redacted] for you"),
        (f"vncUrl={TICKET}&instanceId=i-1", "vncUrl=[redacted]"),
        ("news for the wss protocol: //", "news for the wss protocol: //"),
    ],
)  # fmt: skip
def test_what_looks_like_a_signature_or_a_ticket_is_cut_out(text, shown):
    assert redacted(text) == shown


def test_a_secret_is_cut_out_plain_and_percent_encoded_in_any_case():
    text = f"{HEX.upper()} a+b/c== A%2bB%2fc%3D%3D"
    assert redacted(text, [HEX, "a+b/c=="]) == "[redacted] [redacted] [redacted]"


def test_the_longer_of_two_secrets_is_cut_out_whole():
    assert redacted("x=abcdef", ["abc", "abcdef", ""]) == "x=[redacted]"


@given(st.text(), st.text("0123456789abcdef", min_size=32), st.text())
def test_a_secret_never_survives(before, secret, after):
    assert secret not in redacted(f"{before}{secret}{after}", [secret])
