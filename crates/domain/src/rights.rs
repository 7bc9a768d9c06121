//! Rights: an action at a place. A role held at a place gives its actions there and at every place below.

use serde::{Deserialize, Serialize};

/// What a person is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Quản trị: everything, people included.
    Administrator,
    /// Kỹ thuật viên: cameras and places.
    Operator,
    /// Trực ban: live view, playback, events.
    DutyOfficer,
    /// Điều tra viên: the same, and clips to take away.
    Investigator,
    /// Volunteers and residents: live view and events, nothing to take away.
    Observer,
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See places and cameras, and how they fare.
    View,
    /// Watch live pictures and live changes.
    Watch,
    /// Search events, see snapshots, timelines and recordings.
    Review,
    /// Take clips away.
    Export,
    /// Hold footage from removal, and release it.
    Hold,
    /// Decide what becomes of what was flagged.
    Decide,
    /// Ring bells, sirens and gongs.
    Ring,
    /// Tell of what happened, for the officers.
    Report,
    /// Make, test, change and remove rules.
    ManageRules,
    /// Add, change, try and remove channels on which warnings go out; see what went out.
    ManageChannels,
    /// Add, change and remove cameras, alarm bells and sounders.
    ManageCameras,
    /// Add, change, move, merge and remove places.
    ManagePlaces,
    /// Add people, give and take roles, make tokens for others.
    ManagePeople,
    /// Read the audit log.
    Audit,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Administrator, Self::Operator, Self::DutyOfficer, Self::Investigator, Self::Observer];

    /// The name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::DutyOfficer => "duty_officer",
            Self::Investigator => "investigator",
            Self::Observer => "observer",
        }
    }

    /// Whether the role, where it is held, gives the right to the action.
    #[must_use]
    pub const fn allows(self, action: Action) -> bool {
        use Action::{
            Decide, Export, Hold, ManageCameras, ManageChannels, ManagePlaces, ManageRules, Report, Review,
            Ring, View, Watch,
        };
        match self {
            Self::Administrator => true,
            Self::Operator => {
                matches!(
                    action,
                    View | Watch
                        | Review
                        | Report
                        | ManageCameras
                        | ManageChannels
                        | ManagePlaces
                        | ManageRules
                )
            }
            Self::DutyOfficer => matches!(action, View | Watch | Review | Hold | Decide | Ring | Report),
            Self::Investigator => matches!(action, View | Watch | Review | Export | Hold | Report),
            Self::Observer => matches!(action, View | Watch | Report),
        }
    }
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 14] = [
        Self::View,
        Self::Watch,
        Self::Review,
        Self::Export,
        Self::Hold,
        Self::Decide,
        Self::Ring,
        Self::Report,
        Self::ManageRules,
        Self::ManageChannels,
        Self::ManageCameras,
        Self::ManagePlaces,
        Self::ManagePeople,
        Self::Audit,
    ];
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            format!("{text:?} is no role: administrator, operator, duty_officer, investigator or observer")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_administrators_touch_people_and_the_audit_log() {
        for role in Role::ALL {
            for action in [Action::ManagePeople, Action::Audit] {
                assert_eq!(role.allows(action), role == Role::Administrator, "{role} {action:?}");
            }
        }
    }

    #[test]
    fn observers_take_nothing_away() {
        assert!(!Role::Observer.allows(Action::Export));
        assert!(!Role::Observer.allows(Action::Review));
    }
}
