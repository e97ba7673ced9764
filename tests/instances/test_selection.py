import pytest

from ecsvnc.ecs.instance import Instance
from ecsvnc.instances.selection import EVERY_INSTANCE, Selection
from ecsvnc.instances.targets import Address, InstanceId, Name

WEB = Instance(
    "i-bp1hzoinajzkh91h0000",
    "web-1",
    "cn-hangzhou",
    "Running",
    "linux",
    private_ips=("10.0.0.1",),
    public_ips=("203.0.113.10",),
    eip="198.51.100.7",
    tags=(("env", "prod"), ("idle", "")),
)


@pytest.mark.parametrize(
    ("selection", "is_selected"),
    [
        (EVERY_INSTANCE, True),
        (Selection((InstanceId(WEB.id),)), True),
        (Selection((InstanceId("i-bp1hzoinajzkh91h0001"),)), False),
        (Selection((Name("web-*"),)), True),
        (Selection((Name("web"),)), False),
        (Selection((Name("db"), Name("web-1"))), True),
        (Selection((Address("10.0.0.1"),)), True),
        (Selection((Address("203.0.113.10"),)), True),
        (Selection((Address("198.51.100.7"),)), True),
        (Selection((Address("10.0.0.2"),)), False),
        (Selection(statuses=("Stopped",)), False),
        (Selection(statuses=("Stopped", "Running")), True),
        (Selection(tags=(("env", None),)), True),
        (Selection(tags=(("env", "prod"),)), True),
        (Selection(tags=(("env", "pro"),)), False),
        (Selection(tags=(("env", ""),)), False),
        (Selection(tags=(("idle", ""),)), True),
        (Selection(tags=(("env", "prod"), ("idle", None))), True),
        (Selection(tags=(("env", "prod"), ("owner", None))), False),
        (Selection(os_type="linux"), True),
        (Selection(os_type="windows"), False),
        (Selection((Name("web-1"),), ("Stopped",)), False),
    ],
)
def test_an_instance_is_selected_if_it_has_all_that_is_asked_for(selection, is_selected):
    assert selection.matches(WEB) is is_selected


@pytest.mark.parametrize(
    ("selection", "is_by_name"),
    [
        (EVERY_INSTANCE, True),
        (Selection((Name("web-1"), Name("d*"))), True),
        (Selection((Name("web-1"), Address("10.0.0.1"))), False),
        (Selection((Name("web-1"),), statuses=("Running",)), False),
        (Selection(tags=(("env", None),)), False),
        (Selection(os_type="linux"), False),
    ],
)
def test_only_a_selection_by_names_shows_which_names_are_unique(selection, is_by_name):
    assert selection.is_by_name is is_by_name
