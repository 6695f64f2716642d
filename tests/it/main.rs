//! The real binary in a sandbox, against real receivers.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod answers;
mod architecture;
mod batches;
mod egress;
mod egress_names;
mod exchange;
mod failing;
mod fanout;
mod payloads;
mod receiver;
mod sandbox;
mod sending;
mod stalling;
mod tls;
mod vectors;
mod verifiers;
