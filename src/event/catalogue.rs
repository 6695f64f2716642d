//! The catalogue: every event that exists, and the names that were meant. Pure.

use crate::error::{Fault, Problem};

/// What can happen to a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A permit was written.
    PermitCreated,
    /// Its approval workflow was started.
    WorkflowInitiated,
    /// Somebody was named to verify it.
    VerifierAssigned,
    /// It waits for an approval.
    ApprovalRequired,
    /// It was approved.
    PermitApproved,
    /// It was rejected.
    PermitRejected,
    /// Work under it has begun.
    PermitActivated,
    /// Work under it has ended.
    PermitCompleted,
    /// Its time ran out.
    PermitExpired,
    /// Its close-out checklist was completed.
    CloseoutCompleted,
    /// An isolation point was verified.
    IsolationVerified,
    /// An overdue step was escalated.
    EscalationTriggered,
    /// What `test` sends. It cannot be emitted or subscribed to.
    WebhookTest,
    /// The receiver of a webhook has begun to fail. It and the two below go to whoever is told of failures, and can
    /// neither be emitted nor subscribed to.
    WebhookFailing,
    /// It takes deliveries again.
    WebhookRecovered,
    /// The webhook was disabled.
    WebhookDisabled,
}

impl EventType {
    /// Every event that can be emitted and subscribed to.
    pub const CATALOGUE: [Self; 12] = [
        Self::PermitCreated,
        Self::WorkflowInitiated,
        Self::VerifierAssigned,
        Self::ApprovalRequired,
        Self::PermitApproved,
        Self::PermitRejected,
        Self::PermitActivated,
        Self::PermitCompleted,
        Self::PermitExpired,
        Self::CloseoutCompleted,
        Self::IsolationVerified,
        Self::EscalationTriggered,
    ];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PermitCreated => "permit_created",
            Self::WorkflowInitiated => "workflow_initiated",
            Self::VerifierAssigned => "verifier_assigned",
            Self::ApprovalRequired => "approval_required",
            Self::PermitApproved => "permit_approved",
            Self::PermitRejected => "permit_rejected",
            Self::PermitActivated => "permit_activated",
            Self::PermitCompleted => "permit_completed",
            Self::PermitExpired => "permit_expired",
            Self::CloseoutCompleted => "closeout_completed",
            Self::IsolationVerified => "isolation_verified",
            Self::EscalationTriggered => "escalation_triggered",
            Self::WebhookTest => "webhook_test",
            Self::WebhookFailing => "webhook_failing",
            Self::WebhookRecovered => "webhook_recovered",
            Self::WebhookDisabled => "webhook_disabled",
        }
    }

    /// When it is emitted, in one clause.
    pub const fn description(self) -> &'static str {
        match self {
            Self::PermitCreated => "a permit was written",
            Self::WorkflowInitiated => "the approval workflow of a permit was started",
            Self::VerifierAssigned => "somebody was named to verify a permit",
            Self::ApprovalRequired => "a permit waits for an approval",
            Self::PermitApproved => "a permit was approved",
            Self::PermitRejected => "a permit was rejected",
            Self::PermitActivated => "work under a permit has begun",
            Self::PermitCompleted => "work under a permit has ended",
            Self::PermitExpired => "the time of a permit ran out",
            Self::CloseoutCompleted => "the close-out checklist of a permit was completed",
            Self::IsolationVerified => "an isolation point of a permit was verified",
            Self::EscalationTriggered => "an overdue step of a permit was escalated",
            Self::WebhookTest => "what `test` sends; it cannot be emitted or subscribed to",
            Self::WebhookFailing => "the receiver of a webhook has begun to fail",
            Self::WebhookRecovered => "the receiver of a webhook takes deliveries again",
            Self::WebhookDisabled => "a webhook was disabled",
        }
    }

    /// The event of this name, `webhook_test` included.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::CATALOGUE.into_iter().chain([Self::WebhookTest]).find(|event| event.name() == name)
    }

    /// The event that a caller names in `field`: one of the catalogue.
    pub fn from_input(field: &'static str, name: &str) -> Result<Self, Problem> {
        match Self::from_name(name) {
            Some(Self::WebhookTest) => Err(Problem { field, fault: Fault::TestEvent }),
            Some(event) => Ok(event),
            None => {
                let names = Self::CATALOGUE.map(Self::name);
                let nearest = nearest(name, names);
                Err(Problem { field, fault: Fault::UnknownEvent { value: name.to_owned(), nearest } })
            }
        }
    }
}

/// The name that is closest to `given`, if one is close enough to have been meant.
pub fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase().replace('-', "_");
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&given, &name.to_lowercase().replace('-', "_")), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let near = |given| match EventType::from_input("event", given) {
            Err(Problem { fault: Fault::UnknownEvent { nearest, .. }, .. }) => nearest,
            other => panic!("{other:?}"),
        };
        assert_eq!(near("permit_aproved"), Some("permit_approved"));
        assert_eq!(near("Permit-Approved"), Some("permit_approved"));
        assert_eq!(near("zzz"), None);
    }
}
