from ecsvnc.browser.opening import OpenOptions


def test_the_options_do_not_show_the_password():
    assert "Sup3rS" not in repr(OpenOptions(vnc_password="Sup3rS"))
