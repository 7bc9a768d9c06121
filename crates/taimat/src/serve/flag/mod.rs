//! Flagging: which rules hold where, what fired becomes rows and word to the officers, and what nobody looks at is
//! escalated.

mod book;
mod bundle;
mod escalate;
mod flagger;
mod health;

pub(crate) use book::{RuleDoor, RuleKeeper, Rules};
pub(crate) use escalate::{Escalation, Patience};
pub(crate) use flagger::{Flag, Flagger, Flags};
pub(crate) use health::HealthRules;
