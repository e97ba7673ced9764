"""The documented errors of the embedded ECS: status, `Code` and `Message` (shortened) of each.

Sources: the error tables of the pages DescribeInstanceVncUrl, DescribeInstances and DescribeRegions of the ECS API
reference, and the error center's common errors.
"""

from __future__ import annotations

from collections.abc import Mapping


class ApiError(Exception):
    """A refusal: HTTP status, `Code`, `Message`.

    `access_denied_detail` goes with refusals by RAM; `retry_after_ms` becomes the header `x-acs-retry-after`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        access_denied_detail: Mapping[str, str] | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.access_denied_detail = access_denied_detail
        self.retry_after_ms = retry_after_ms


def missing(parameter: str) -> ApiError:
    """A parameter that the action needs was not sent."""
    return ApiError(400, f"Missing{parameter}", f"{parameter} is mandatory for this action.")


def invalid(parameter: str) -> ApiError:
    """A parameter has an invalid value."""
    return ApiError(400, f"Invalid{parameter}", f"The specified {parameter} is invalid.")


def denied(detail: Mapping[str, str]) -> ApiError:
    """RAM does not allow it; `detail` is AccessDeniedDetail."""
    message = "User not authorized to operate on the specified resource, or this API doesn't support RAM."
    return ApiError(403, "Forbidden.RAM", message, access_denied_detail=detail)


def refused(code: str, detail: str = "", *, retry_after_ms: int | None = None) -> ApiError:
    """The error that has this `Code` in the tables below; `detail` is added to its message."""
    status, message = _ERRORS[code]
    return ApiError(status, code, message + detail, retry_after_ms=retry_after_ms)


_NO_SUCH_API = "Specified api is not found, please check your url and method."

_ERRORS: Mapping[str, tuple[int, str]] = {
    # The request
    "InvalidParameter": (400, "The parameters are not well-formed."),
    "InvalidParameter.Format": (400, "The specified parameter Format is not supported."),
    "UnsupportedHTTPMethod": (400, "This http method is not supported."),
    "InvalidApi.NotFound": (404, _NO_SUCH_API),
    "InvalidAction.NotFound": (404, _NO_SUCH_API),
    "InvalidVersion": (400, "Specified parameter Version is not valid."),
    "DryRunOperation": (400, "Request validation has been passed with DryRun flag set."),
    "Throttling.User": (400, "Request was denied due to user flow control."),
    "InternalError": (500, "The request processing has failed due to some unknown error."),
    # Authentication
    "IncompleteSignature": (400, "The request signature does not conform to Aliyun standards. "),
    "SignatureDoesNotMatch": (
        400,
        "Specified signature is not matched with our calculation. server string to sign is:",
    ),
    "InvalidTimeStamp.Format": (400, "Specified time stamp or date value is not well formatted."),
    "InvalidTimeStamp.Expired": (400, "Specified time stamp or date value is expired."),
    "SignatureNonceUsed": (400, "Specified signature nonce was used already."),
    "InvalidAccessKeyId.NotFound": (404, "Specified access key is not found."),
    "InvalidAccessKeyId.Inactive": (400, "Specified access key is disabled."),
    "MissingSecurityToken": (400, "SecurityToken is mandatory for this action."),
    "InvalidSecurityToken.Expired": (400, "Specified SecurityToken is expired."),
    "InvalidSecurityToken.Malformed": (400, "Specified SecurityToken is malformed."),
    "InvalidSecurityToken.MismatchWithAccessKey": (
        400,
        "Specified SecurityToken is not matched with the specified AccessKey.",
    ),
    # Regions and instances
    "InvalidRegionId.NotFound": (404, "The specified RegionId does not exist."),
    "InvalidOperation.NotSupportedEndpoint": (
        404,
        "The specified endpoint can't operate this region. Please use API DescribeRegions to get the right endpoint.",
    ),
    "InvalidInstanceId.NotFound": (404, "The specified InstanceId does not exist."),
    "InvalidRegionInstance": (400, "The specified InstanceId does not exist in given region."),
    "IncorrectInstanceStatus": (403, "The current status of the resource does not support this operation."),
    "InstanceLockedForSecurity": (
        403,
        "The specified operation is denied as your instance is locked for security reasons.",
    ),
    "InstanceExpired": (
        403,
        "The postPaid instance has been expired.Please ensure your account have enough balance.",
    ),
    # The parameters of DescribeInstances; InvalidFilterKey.NotFound is also about Filter.N.Value
    "InvalidInstanceIds.Malformed": (400, "The specified InstanceIds is not a JSON array of at most 100 ids."),
    "InvalidStatus.NotFound": (404, "The specified Status is not found"),
    "InvalidNetworkType.NotFound": (404, "The specified InstanceNetworkType is not found"),
    "InvalidLockReason.NotFound": (404, "The specified LockReason is not found"),
    "InvalidInstanceChargeType.NotFound": (404, "The InstanceChargeType does not exist in our records"),
    "InvalidInternetChargeType.ValueNotSupported": (404, "The specified InternetChargeType is not valid"),
    "InvalidFilterKey.NotFound": (404, "The filter key is not found."),
    "InvalidHpcClusterId.NotFound": (400, "The specified HpcClusterId is not found."),
    "InvalidTag.Mismatch": (400, "The specified Tag.n.Key and Tag.n.Value are not match."),
    "InvalidTagCount": (400, "The specified tags are beyond the permitted range."),
    # The parameters of DescribeRegions
    "InvalidAcceptLanguage.NotFound": (
        404,
        "Only Chinese (zh-CN), English (en-US), and Japanese (ja) are allowed.",
    ),
    "Invalid.InstanceChargeType": (403, "The specified instanceChargeType is not valid."),
    "InvalidResourceType.NotFound": (404, "The ResourceType provided does not exist in our records."),
}
