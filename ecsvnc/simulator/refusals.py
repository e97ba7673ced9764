"""The documented errors of the embedded ECS: status, `Code` and the gist of the `Message` of each.

Sources: the error tables of the pages DescribeInstanceVncUrl, ModifyInstanceVncPasswd and StartInstance of the ECS API
reference, and the error center's common errors. What has to do with the value of one parameter only is in
`value_refusals`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ecsvnc.simulator.answers import ApiError


def missing(parameter: str) -> ApiError:
    """A parameter that the action needs was not sent."""
    return ApiError(400, f"Missing{parameter}", f"{parameter} is mandatory for this action.")


def invalid(parameter: str, message: str = "") -> ApiError:
    """A parameter has a value that it cannot have."""
    return ApiError(400, f"Invalid{parameter}", message or f"The specified {parameter} is invalid.")


def malformed_parameters() -> ApiError:
    """Query or form are not percent-encoded pairs in UTF-8, or name a parameter twice."""
    return ApiError(400, "InvalidParameter", "The parameters are not well-formed.")


def unsupported_format() -> ApiError:
    """`Format` is neither JSON nor XML."""
    return ApiError(400, "InvalidParameter.Format", "The specified parameter Format is not supported.")


def unsupported_method() -> ApiError:
    """Neither GET nor POST."""
    return ApiError(400, "UnsupportedHTTPMethod", "This http method is not supported.")


def no_such_api() -> ApiError:
    """A path on which there is no API."""
    return ApiError(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method.")


def no_such_action() -> ApiError:
    """The version is known, the action is not."""
    return ApiError(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")


def invalid_version() -> ApiError:
    """No product has this version."""
    return ApiError(400, "InvalidVersion", "Specified parameter Version is not valid.")


# Authentication


def incomplete_signature(why: str) -> ApiError:
    """The request is not signed, or not by the rules."""
    return ApiError(400, "IncompleteSignature", f"The request signature does not conform to Aliyun standards. {why}")


def signature_does_not_match(string_to_sign: str) -> ApiError:
    """The signature is another one than the service computes. The message shows what was to be signed."""
    return ApiError(
        400,
        "SignatureDoesNotMatch",
        f"Specified signature is not matched with our calculation. server string to sign is:{string_to_sign}",
    )


def timestamp_format() -> ApiError:
    """The date is not `YYYY-MM-DDThh:mm:ssZ`."""
    return ApiError(400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")


def timestamp_expired() -> ApiError:
    """The date is too far from the service's clock, in whichever direction."""
    return ApiError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def nonce_used() -> ApiError:
    """The request was sent before."""
    return ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")


def unknown_access_key() -> ApiError:
    """There is no such AccessKey."""
    return ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")


def inactive_access_key() -> ApiError:
    """The AccessKey is disabled."""
    return ApiError(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")


def missing_security_token() -> ApiError:
    """A temporary AccessKey was used without its token."""
    return ApiError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")


def security_token_expired() -> ApiError:
    """The temporary credentials have ended."""
    return ApiError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")


def security_token_malformed() -> ApiError:
    """The token is none that was issued."""
    return ApiError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")


def security_token_mismatch() -> ApiError:
    """The token was issued with another AccessKey."""
    return ApiError(
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken is not matched with the specified AccessKey.",
    )


def forbidden(detail: Mapping[str, str]) -> ApiError:
    """RAM does not allow it."""
    return ApiError(
        403,
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
        access_denied_detail=detail,
    )


def throttled(*, retry_after_ms: int | None = None) -> ApiError:
    """Too many requests of this account to this action in this region."""
    return ApiError(
        400, "Throttling.User", "Request was denied due to user flow control.", retry_after_ms=retry_after_ms
    )


def dry_run() -> ApiError:
    """The call would have been done. That this is an error is the API's way to say so."""
    return ApiError(400, "DryRunOperation", "Request validation has been passed with DryRun flag set.")


def internal_error() -> ApiError:
    """The service failed."""
    return ApiError(500, "InternalError", "The request processing has failed due to some unknown error.")


# Regions and instances


def no_such_region() -> ApiError:
    """No region has this id."""
    return ApiError(404, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")


def unsupported_endpoint() -> ApiError:
    """The endpoint that was called does not serve the region that was named."""
    return ApiError(
        404,
        "InvalidOperation.NotSupportedEndpoint",
        "The specified endpoint can't operate this region. Please use API DescribeRegions to get the appropriate "
        "endpoint, or upgrade your SDK to latest version.",
    )


def no_such_instance() -> ApiError:
    """No instance of this account has this id."""
    return ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")


def instance_of_another_region() -> ApiError:
    """The instance exists, elsewhere."""
    return ApiError(400, "InvalidRegionInstance", "The specified InstanceId does not exist in given region.")


def instance_status() -> ApiError:
    """The instance's state does not allow it."""
    return ApiError(
        403, "IncorrectInstanceStatus", "The current status of the resource does not support this operation."
    )


def instance_not_ready() -> ApiError:
    """The console is not ready yet. Transient, in spite of its status."""
    return ApiError(403, "InstanceNotReady", "Temporarily unable to connect the specified instance,please try later.")


def vnc_password_malformed() -> ApiError:
    """A VNC password that is not 6 letters and digits."""
    return ApiError(
        400,
        "IncorrectVncPassword.Malformed",
        "The specified parameter VncPassword must be 6 characters, including uppercase characters, "
        "lowercase characters and numbers.",
    )


def instance_locked_for_security() -> ApiError:
    """The instance is locked for security, and may not be started."""
    return ApiError(
        403,
        "InstanceLockedForSecurity",
        "The specified operation is denied as your instance is locked for security reasons.",
    )


def instance_expired() -> ApiError:
    """The instance is not paid for, and may not be started."""
    return ApiError(
        403,
        "InstanceExpired",
        "The postPaid instance has been expired.Please ensure your account have enough balance.",
    )
