"""One instance as DescribeInstances answers it, with every field that its page documents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from ecsvnc.simulator.fleet import Instance


@dataclass(frozen=True, slots=True)
class Image:
    """The image that an instance was created from."""

    id: str
    os_name: str
    os_name_en: str


_IMAGES = {
    "linux": Image("debian_12_11_x64_20G_alibase_20250625.vhd", "Debian 12.11 64位", "Debian 12.11 64 bit"),
    "windows": Image(
        "win2022_21H2_x64_dtc_en-us_40G_alibase_20250611.vhd",
        "Windows Server 2022 数据中心版 64位英文版",
        "Windows Server 2022 Datacenter Edition 64 bit English",
    ),
}


def image_of(instance: Instance) -> Image:
    """The image of an instance, by its OS."""
    return _IMAGES[instance.os_type]


def instance_document(instance: Instance) -> dict[str, Any]:
    """The instance in the API's own names."""
    image = image_of(instance)
    return {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "HostName": instance.name,
        "Description": "",
        "Status": instance.status,
        "StoppedMode": "StopCharging" if instance.status == "Stopped" else "Not-applicable",
        "OSType": instance.os_type,
        "OSName": image.os_name,
        "OSNameEn": image.os_name_en,
        "ImageId": image.id,
        "RegionId": instance.region_id,
        "ZoneId": instance.zone_id,
        "ClusterId": "",
        "ResourceGroupId": "",
        "SerialNumber": _identifier(instance, "serial"),
        "Tags": {"Tag": [{"TagKey": key, "TagValue": value} for key, value in instance.tags.items()]},
        "OperationLocks": {"LockReason": [{"LockReason": reason} for reason in instance.lock_reasons]},
        **_hardware(),
        **_network(instance),
        **_life(instance),
    }


def _hardware() -> dict[str, Any]:
    return {
        "InstanceType": "ecs.g7.large",
        "InstanceTypeFamily": "ecs.g7",
        "Cpu": 2,
        "Memory": 8192,
        "GPUAmount": 0,
        "GPUSpec": "",
        "LocalStorageAmount": 0,
        "LocalStorageCapacity": 0,
        "IoOptimized": True,
        "HpcClusterId": "",
        "DeploymentSetId": "",
        "KeyPairName": "",
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": "", "DedicatedHostClusterId": ""},
        "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""},
        "EcsCapacityReservationAttr": {"CapacityReservationId": "", "CapacityReservationPreference": ""},
        "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 2, "Numa": "ON"},
        "MetadataOptions": {"HttpEndpoint": "", "HttpTokens": "", "HttpPutResponseHopLimit": 0},
        "HibernationOptions": {"Configured": False},
    }


def _network(instance: Instance) -> dict[str, Any]:
    return {
        "InstanceNetworkType": "classic" if instance.is_classic else "vpc",
        "InnerIpAddress": {"IpAddress": list(instance.private_ips) if instance.is_classic else []},
        "PublicIpAddress": {"IpAddress": list(instance.public_ips)},
        "EipAddress": {
            "AllocationId": f"eip-{_identifier(instance, 'eip')[:20]}" if instance.eip else "",
            "IpAddress": instance.eip,
            "InternetChargeType": "PayByTraffic" if instance.eip else "",
            "Bandwidth": 5 if instance.eip else 0,
            "IsSupportUnassociate": bool(instance.eip),
        },
        "VpcAttributes": {
            "VpcId": instance.vpc_id,
            "VSwitchId": instance.vpc_id.replace("vpc-", "vsw-"),
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [] if instance.is_classic else list(instance.private_ips)},
        },
        "NetworkInterfaces": {"NetworkInterface": [] if instance.is_classic else [_network_interface(instance)]},
        "SecurityGroupIds": {"SecurityGroupId": [f"sg-{(instance.vpc_id or instance.id).partition('-')[2]}"]},
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthIn": 100,
        "InternetMaxBandwidthOut": 5 if instance.public_ips else 0,
        "VlanId": "",
    }


def _network_interface(instance: Instance) -> dict[str, Any]:
    hexadecimal = _identifier(instance, "mac")
    return {
        "NetworkInterfaceId": instance.id.replace("i-", "eni-", 1),
        "MacAddress": ":".join(["00", "16", "3e", hexadecimal[0:2], hexadecimal[2:4], hexadecimal[4:6]]),
        "PrimaryIpAddress": next(iter(instance.private_ips), ""),
        "Type": "Primary",
    }


def _life(instance: Instance) -> dict[str, Any]:
    return {
        "CreationTime": instance.created_at,
        "StartTime": instance.created_at,
        "ExpiredTime": instance.expires_at or "2099-12-31T15:59Z",  # the API's value for pay-as-you-go instances
        "AutoReleaseTime": "",
        "InstanceChargeType": "PrePaid" if instance.expires_at else "PostPaid",
        "SaleCycle": "month" if instance.expires_at else "",
        "SpotStrategy": "NoSpot",
        "SpotPriceLimit": 0.0,
        "SpotDuration": 0,
        "Recyclable": False,
        "DeletionProtection": False,
        "DeviceAvailable": True,
        "CreditSpecification": "",
    }


def _identifier(instance: Instance, kind: str) -> str:
    """32 hexadecimal digits, always the same for the same instance."""
    return hashlib.sha256(f"{instance.id}/{kind}".encode()).hexdigest()[:32]
