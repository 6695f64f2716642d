//! Outbound webhooks for permit-to-work systems.
#![warn(missing_docs)]

pub mod advice;
pub mod api;
pub mod cli;
pub mod config;
pub mod delivery;
pub mod dispatcher;
pub mod error;
pub mod event;
pub mod hooks;
pub mod output;
pub mod payload;
pub mod receiver;
pub mod request;
pub mod retry;
pub mod run;
pub mod sender;
pub mod signature;
pub mod store;
pub mod time;
pub mod webhook;
