"""The eventsourcing package's own persistence test cases, run on Footfall's log.

Left out, with the reason: TranscoderTestCase (it fixes the exact bytes of that package's JSON; ours
are msgspec's), ApplicationTestCase (it runs on that package's in-memory recorder only),
DCBRecorderTestCase and TaggedDecisionCountersProjectionTestCase (they select events by tag; our
conditions name streams).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar
from unittest import mock

import pytest
from eventsourcing.tests.application import ExampleApplicationTestCase
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    InfrastructureFactoryTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)
from eventsourcing.tests.projection import (
    AggregateEventCountersProjectionTestCase,
    EventCountersViewTestCase,
    EventSourcedProjectionTestCase,
)
from eventsourcing.utils import Environment, get_topic

from tests.peer import footfall_recorders as peer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

MODULE = "tests.peer.footfall_recorders"


class OnFootfall:
    """Gives a test case a log of its own and the environment that names it."""

    @pytest.fixture(autouse=True)
    def _own_log(self, database_url: str) -> Iterator[None]:
        self.dsn = database_url
        environment = {"PERSISTENCE_MODULE": MODULE, "FOOTFALL_DSN": database_url}
        self.env = Environment("app", env=environment)
        with mock.patch.dict(os.environ, environment):
            yield
        for log in list(peer.Log.still_open):  # some cases close nothing
            log.close()

    def open_log(self) -> peer.Log:
        return peer.Log(self.dsn)


class TestAggregateRecorder(OnFootfall, AggregateRecorderTestCase):
    def create_recorder(self) -> peer.FootfallAggregateRecorder:
        return peer.FootfallAggregateRecorder(self.open_log())


class TestApplicationRecorder(OnFootfall, ApplicationRecorderTestCase):
    def create_recorder(self) -> peer.FootfallApplicationRecorder:
        return peer.FootfallApplicationRecorder(self.open_log())

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(OnFootfall, TrackingRecorderTestCase):
    def create_recorder(self) -> peer.FootfallTrackingRecorder:
        return peer.FootfallTrackingRecorder(self.open_log())


class TestProcessRecorder(OnFootfall, ProcessRecorderTestCase):
    def create_recorder(self) -> peer.FootfallProcessRecorder:
        return peer.FootfallProcessRecorder(self.open_log())


class TestNonInterleaving(OnFootfall, NonInterleavingNotificationIDsBaseCase):
    insert_num = 20_000  # below that the two threads hardly meet

    def create_recorder(self) -> peer.FootfallApplicationRecorder:
        return peer.FootfallApplicationRecorder(self.open_log())


class TestInfrastructureFactory(OnFootfall, InfrastructureFactoryTestCase[peer.FootfallFactory]):
    def expected_factory_class(self) -> type[peer.FootfallFactory]:
        return peer.FootfallFactory

    def expected_aggregate_recorder_class(self) -> type[peer.FootfallAggregateRecorder]:
        return peer.FootfallAggregateRecorder

    def expected_application_recorder_class(self) -> type[peer.FootfallApplicationRecorder]:
        return peer.FootfallApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[peer.FootfallTrackingRecorder]:
        return peer.FootfallTrackingRecorder

    def tracking_recorder_subclass(self) -> type[peer.FootfallEventCounters]:
        return peer.FootfallEventCounters

    def expected_process_recorder_class(self) -> type[peer.FootfallProcessRecorder]:
        return peer.FootfallProcessRecorder


class TestExampleApplication(OnFootfall, ExampleApplicationTestCase):
    expected_factory_topic = get_topic(peer.FootfallFactory)


class TestEventCountersView(OnFootfall, EventCountersViewTestCase):
    def construct_event_counters_view(self) -> peer.FootfallEventCounters:
        return peer.FootfallEventCounters(self.open_log())


class TestProjectionRunner(OnFootfall, AggregateEventCountersProjectionTestCase):
    view_class = peer.FootfallEventCounters
    env: ClassVar[dict[str, str]] = {}  # type: ignore[assignment, misc]  # as that case declares it


class TestEventSourcedProjection(OnFootfall, EventSourcedProjectionTestCase):
    env: ClassVar[dict[str, str]] = {}  # type: ignore[assignment, misc]  # as that case declares it


# unittest collects every TestCase it finds in a module.
del AggregateRecorderTestCase, ApplicationRecorderTestCase, TrackingRecorderTestCase
del ProcessRecorderTestCase, NonInterleavingNotificationIDsBaseCase, InfrastructureFactoryTestCase
del ExampleApplicationTestCase, EventCountersViewTestCase
del AggregateEventCountersProjectionTestCase, EventSourcedProjectionTestCase
