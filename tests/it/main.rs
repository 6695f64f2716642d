//! The real binary in a sandbox, against real receivers.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod architecture;
mod batches;
mod payloads;
mod receiver;
mod sandbox;
mod vectors;
mod verifiers;
