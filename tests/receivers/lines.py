"""Teaches schemathesis what a body of lines is, and gives it some: events, what is nearly one, and any text."""

import json

import schemathesis
from hypothesis import strategies as st

EVENTS = st.fixed_dictionaries(
    {
        "event": st.sampled_from(["permit_created", "permit_approved", "webhook_test", "permit_aproved"]),
        "permit_id": st.integers() | st.integers(1, 9).map(str) | st.none(),
        "permit_number": st.text(max_size=5),
    },
    optional={
        "project_id": st.integers(-1, 5) | st.text(max_size=3) | st.none(),
        "timestamp": st.datetimes().map(lambda at: at.isoformat() + "Z") | st.text(max_size=3),
        "data": st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.floats() | st.text(max_size=5)),
        "idempotency_key": st.text(max_size=5) | st.lists(st.none(), max_size=1),
        "permit": st.none(),
    },
).map(json.dumps)
LINES = st.lists(EVENTS | st.text(max_size=20), max_size=8).map("\n".join)


@schemathesis.serializer("application/x-ndjson")
def lines(_, value):
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.hook
def flatmap_body(context, body):
    # The schema can say nothing of it.
    return LINES if context.operation.path.endswith("/events/batch/") else st.just(body)
