//! The table of routes: what can be asked for, by whom, and who answers. Everything that depends on a route is read
//! from here: where a request goes, which methods a path allows, which scope they need, and the description that
//! the server gives of itself.

use std::future::Future;
use std::pin::Pin;

use http::Method;

use super::answer::Answer;
use super::call::Call;
use super::parameters::Parameter;
use super::{deliveries, events, metrics, operate, rotation, stats, webhooks};
use crate::token::Scope;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Everybody, where the configuration says so; else whoever may read.
    Metrics,
    /// Whoever has this scope.
    Scope(Scope),
}

/// Whether a request has a body, and which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// None that is looked at.
    Nothing,
    /// A JSON object that the description has under this name.
    Json(&'static str),
    /// A JSON object a line.
    Lines,
}

impl Content {
    /// The type of such a body.
    pub const fn media_type(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Json(_) => Some("application/json"),
            Self::Lines => Some("application/x-ndjson"),
        }
    }

    /// The longest body, in bytes.
    pub const fn most(self) -> u64 {
        match self {
            Self::Nothing | Self::Json(_) => 1024 * 1024,
            Self::Lines => 16 * 1024 * 1024,
        }
    }
}

/// What an answer has to say; objects are named as the description has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Nothing.
    Nothing,
    /// One object.
    One(&'static str),
    /// An array of objects.
    Many(&'static str),
    /// Any JSON object.
    Any,
    /// Text of this type.
    Text(&'static str),
}

/// How a route is answered.
#[derive(Clone, Copy)]
pub enum Answering {
    /// By code that may wait for the database or for a receiver, on a thread of its own.
    Blocking(fn(&Call) -> Result<Answer, Answer>),
    /// By code that waits for nothing but the next commit.
    Prompt(fn(Call) -> Pin<Box<dyn Future<Output = Answer> + Send>>),
}

/// One method of one path.
pub struct Route {
    /// GET takes HEAD as well.
    pub method: Method,
    /// The path, a parameter in braces.
    pub path: &'static str,
    /// Its name in the description and in the metrics.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Who may ask.
    pub access: Access,
    /// What the request carries.
    pub content: Content,
    /// Who answers.
    pub answering: Answering,
    /// What it takes beside its path and its body.
    pub parameters: &'static [Parameter],
    /// The answers that are its own, by their status. Those that many routes have follow from the rest.
    pub answers: &'static [(u16, Says)],
}

const READ: Access = Access::Scope(Scope::Read);
const EMIT: Access = Access::Scope(Scope::Emit);
const MANAGE: Access = Access::Scope(Scope::Manage);

macro_rules! route {
    ($method:ident $path:literal $name:literal $summary:literal
        $access:expr, $content:expr, $answering:expr, $parameters:expr, [$($status:literal $says:expr),+]) => {
        Route {
            method: Method::$method,
            path: $path,
            name: $name,
            summary: $summary,
            access: $access,
            content: $content,
            answering: $answering,
            parameters: $parameters,
            answers: &[$(($status, $says)),+],
        }
    };
}

use Answering::{Blocking, Prompt};
use Content::{Json, Lines};
use Parameter::{Enabled, Event, IdempotencyKey, Page, PageSize, Project, Since, Wait, Webhook};
use Says::{Any, Many, One, Text};

const NOTHING: Content = Content::Nothing;
const LOG: &[Parameter] = Parameter::LOG;

/// Every route.
#[rustfmt::skip]
pub static ROUTES: [Route; 21] = [
    route!(GET "/api/v1/ptw/webhooks/" "list_webhooks" "The webhooks, newest first"
        READ, NOTHING, Blocking(webhooks::list), &[Page, PageSize, Project, Event, Enabled], [200 One("WebhookPage")]),
    route!(POST "/api/v1/ptw/webhooks/" "create_webhook" "Create a webhook"
        MANAGE, Json("NewWebhook"), Blocking(webhooks::create), &[], [201 One("CreatedWebhook")]),
    route!(GET "/api/v1/ptw/webhooks/{id}/" "show_webhook" "One webhook"
        READ, NOTHING, Blocking(webhooks::show), &[], [200 One("Webhook")]),
    route!(PUT "/api/v1/ptw/webhooks/{id}/" "replace_webhook" "Change a webhook; what is left out stays"
        MANAGE, Json("WebhookDefinition"), Blocking(webhooks::put), &[], [200 One("Webhook"), 409 One("Detail")]),
    route!(PATCH "/api/v1/ptw/webhooks/{id}/" "change_webhook" "Change some members of a webhook"
        MANAGE, Json("WebhookChanges"), Blocking(webhooks::patch), &[], [200 One("Webhook"), 409 One("Detail")]),
    route!(DELETE "/api/v1/ptw/webhooks/{id}/" "delete_webhook" "Delete a webhook; its log stays"
        MANAGE, NOTHING, Blocking(webhooks::delete), &[], [204 Says::Nothing]),
    route!(POST "/api/v1/ptw/webhooks/{id}/test/" "test_webhook" "Send a test event now"
        MANAGE, NOTHING, Blocking(webhooks::test), &[], [200 One("TestSucceeded"), 502 One("TestFailed")]),
    route!(POST "/api/v1/ptw/webhooks/{id}/rotate-secret/" "rotate_secret" "Change the secret without a failed delivery"
        MANAGE, Json("SecretRotation"), Blocking(rotation::rotate_secret), &[],
        [200 One("RotatedWebhook"), 409 One("Detail")]),
    route!(GET "/api/v1/ptw/webhooks/{id}/deliveries/" "list_deliveries_of_webhook" "The log of one webhook, newest first"
        READ, NOTHING, Blocking(deliveries::of_webhook), LOG, [200 Many("Delivery")]),
    route!(GET "/api/v1/ptw/events/" "list_events" "The catalogue of events"
        READ, NOTHING, Blocking(events::catalogue), &[], [200 Many("EventType")]),
    route!(POST "/api/v1/ptw/events/" "emit_event" "Emit an event"
        EMIT, Json("NewEvent"), Prompt(events::emit), &[Wait, IdempotencyKey], [200 One("Emission"), 202 One("Accepted")]),
    route!(POST "/api/v1/ptw/events/batch/" "emit_events" "Emit many events, one a line"
        EMIT, Lines, Prompt(events::batch), &[], [202 Many("BatchResult")]),
    route!(GET "/api/v1/ptw/events/{id}/" "show_event" "One event with its body and what became of it"
        READ, NOTHING, Blocking(events::show), &[], [200 One("Event")]),
    route!(GET "/api/v1/ptw/deliveries/" "list_deliveries" "The log, newest first"
        READ, NOTHING, Blocking(deliveries::list), LOG, [200 Many("Delivery")]),
    route!(GET "/api/v1/ptw/deliveries/{id}/" "show_delivery" "One delivery with its request and every attempt"
        READ, NOTHING, Blocking(deliveries::show), &[], [200 One("Inspection")]),
    route!(POST "/api/v1/ptw/deliveries/{id}/redeliver/" "redeliver" "Send a delivery again"
        MANAGE, NOTHING, Blocking(deliveries::redeliver), &[], [202 One("Delivery"), 409 One("Detail")]),
    route!(GET "/api/v1/ptw/stats/" "show_stats" "How the deliveries of each webhook fared that were accepted since a time"
        READ, NOTHING, Blocking(stats::show), &[Webhook, Since], [200 Many("Stats")]),
    route!(GET "/api/v1/ptw/schema/" "show_schema" "This description"
        READ, NOTHING, Blocking(operate::schema), &[], [200 Any]),
    route!(GET "/healthz" "healthz" "Whether the process is alive"
        Access::Public, NOTHING, Prompt(operate::healthz), &[], [200 One("Health")]),
    route!(GET "/readyz" "readyz" "Whether it can take events"
        Access::Public, NOTHING, Prompt(operate::readyz), &[], [200 One("Readiness"), 503 One("Readiness")]),
    route!(GET "/metrics" "metrics" "Figures for Prometheus"
        Access::Metrics, NOTHING, Blocking(operate::metrics), &[], [200 Text(metrics::CONTENT_TYPE)]),
];

/// Where a path leads.
pub enum Found {
    /// To these routes, one for each method, with what stands where the parameter is.
    Path(Vec<&'static Route>, String),
    /// To a path that differs by a slash at its end.
    Slash,
    /// Nowhere.
    Nothing,
}

/// Where this path leads.
pub fn find(path: &str) -> Found {
    // What is spelled out goes before a parameter.
    let fixed: Vec<&Route> = ROUTES.iter().filter(|route| route.path == path).collect();
    if !fixed.is_empty() {
        return Found::Path(fixed, String::new());
    }
    let mut parameter = String::new();
    let mut open = Vec::new();
    for route in ROUTES.iter().filter(|route| route.path.contains('{')) {
        if let Some(given) = matched(route.path, path) {
            parameter = given;
            open.push(route);
        }
    }
    if !open.is_empty() {
        return Found::Path(open, parameter);
    }
    let with_slash = format!("{path}/");
    if ROUTES.iter().any(|route| matched(route.path, &with_slash).is_some()) {
        Found::Slash
    } else {
        Found::Nothing
    }
}

/// What stands in `path` where `pattern` has its parameter; nothing where it has none; `None` where they differ.
fn matched(pattern: &str, path: &str) -> Option<String> {
    let mut parameter = String::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parameter),
            (Some(name), Some(part)) if name.starts_with('{') && !part.is_empty() => {
                part.clone_into(&mut parameter);
            }
            (Some(fixed), Some(part)) if fixed == part => {}
            _ => return None,
        }
    }
}

/// The methods of these routes, as an `Allow` header lists them.
pub fn allowed(routes: &[&Route]) -> String {
    let mut methods: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.push("OPTIONS");
    methods.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str) -> (Vec<&'static str>, String) {
        match find(path) {
            Found::Path(routes, parameter) => (routes.iter().map(|route| route.name).collect(), parameter),
            Found::Slash => (vec!["/"], String::new()),
            Found::Nothing => (Vec::new(), String::new()),
        }
    }

    #[test]
    fn a_path_leads_to_its_routes() {
        assert_eq!(names("/api/v1/ptw/webhooks/"), (vec!["list_webhooks", "create_webhook"], String::new()));
        assert_eq!(names("/api/v1/ptw/webhooks/7/test/"), (vec!["test_webhook"], "7".to_owned()));
        assert_eq!(names("/api/v1/ptw/events/batch/"), (vec!["emit_events"], String::new()));
        assert_eq!(names("/api/v1/ptw/events/evt_1/").0, ["show_event"]);
        assert_eq!(names("/api/v1/ptw/webhooks").0, ["/"]);
        for nowhere in
            ["/", "", "/api/v1/ptw/", "/api/v1/ptw/webhooks//", "//api/v1/ptw/webhooks/", "/healthz//"]
        {
            assert_eq!(names(nowhere).0, Vec::<&str>::new(), "{nowhere}");
        }
    }
}
