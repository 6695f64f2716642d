//! Outbound webhooks for permit-to-work systems.
#![warn(missing_docs)]

pub mod advice;
pub mod api;
pub mod delivery;
pub mod dispatcher;
pub mod error;
pub mod event;
pub mod hooks;
pub mod payload;
pub mod request;
pub mod retry;
pub mod sender;
pub mod signature;
pub mod store;
pub mod webhook;
