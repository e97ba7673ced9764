"""The documented errors about the value of one parameter, beyond the `Invalid…` that all actions share.

Sources: the error tables of the pages DescribeInstances, DescribeInstanceStatus and DescribeRegions of the ECS API
reference.
"""

from __future__ import annotations

from ecsvnc.simulator.answers import ApiError


def malformed_instance_ids() -> ApiError:
    """InstanceIds is not a JSON array of at most 100 strings."""
    return ApiError(
        400, "InvalidInstanceIds.Malformed", "The specified InstanceIds is not a JSON array of at most 100 ids."
    )


def malformed_numbered_instance_ids() -> ApiError:
    """A value of InstanceId.N is not an instance's id."""
    return ApiError(403, "Abs.InvalidInstanceIds.MalFormed", "The specified instanceIds is not valid.")


def too_many_instance_ids() -> ApiError:
    """More than 100 values of InstanceId.N."""
    return ApiError(403, "InvalidParameter.TooManyInstanceIds", "Instance ids cannot be more than 100.")


def no_such_status() -> ApiError:
    """Status is none that an instance can have."""
    return ApiError(404, "InvalidStatus.NotFound", "The specified Status is not found")


def no_such_network_type() -> ApiError:
    """InstanceNetworkType is neither `vpc` nor `classic`."""
    return ApiError(404, "InvalidNetworkType.NotFound", "The specified InstanceNetworkType is not found")


def no_such_lock_reason() -> ApiError:
    """LockReason is none for which an instance can be locked."""
    return ApiError(404, "InvalidLockReason.NotFound", "The specified LockReason is not found")


def no_such_charge_type() -> ApiError:
    """InstanceChargeType is neither `PostPaid` nor `PrePaid`."""
    return ApiError(404, "InvalidInstanceChargeType.NotFound", "The InstanceChargeType does not exist in our records")


def no_such_internet_charge_type() -> ApiError:
    """InternetChargeType is neither `PayByTraffic` nor `PayByBandwidth`."""
    return ApiError(404, "InvalidInternetChargeType.ValueNotSupported", "The specified InternetChargeType is not valid")


def no_such_filter() -> ApiError:
    """Filter.N.Key is unknown or missing, or Filter.N.Value is no time: the reference has one code for all of these."""
    return ApiError(404, "InvalidFilterKey.NotFound", "The filter key is not found.")


def no_such_cluster() -> ApiError:
    """There is no HPC cluster of this id; here, there is none at all."""
    return ApiError(400, "InvalidHpcClusterId.NotFound", "The specified HpcClusterId is not found.")


def tag_mismatch() -> ApiError:
    """A Tag.N.Value without its Tag.N.Key."""
    return ApiError(400, "InvalidTag.Mismatch", "The specified Tag.n.Key and Tag.n.Value are not match.")


def too_many_tags() -> ApiError:
    """More than 20 tags."""
    return ApiError(400, "InvalidTagCount", "The specified tags are beyond the permitted range.")


def no_such_zone() -> ApiError:
    """ZoneId is none of the region's."""
    return ApiError(404, "InvalidZoneId.NotFound", "The ZoneId provided does not exist in our records.")


def no_such_language() -> ApiError:
    """AcceptLanguage is none that DescribeRegions knows."""
    return ApiError(
        404,
        "InvalidAcceptLanguage.NotFound",
        "Only Chinese (zh-CN), English (en-US), and Japanese (ja) are allowed.",
    )


def no_such_charge_type_of_region() -> ApiError:
    """InstanceChargeType is none that DescribeRegions knows."""
    return ApiError(403, "Invalid.InstanceChargeType", "The specified instanceChargeType is not valid.")


def no_such_resource_type() -> ApiError:
    """ResourceType is none that DescribeRegions knows."""
    return ApiError(404, "InvalidResourceType.NotFound", "The ResourceType provided does not exist in our records.")
