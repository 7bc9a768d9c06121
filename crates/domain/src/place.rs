//! Places: a tree from the province down to a self-managed group of households.

use serde::{Deserialize, Serialize};

use crate::{GeoPoint, PlaceId, Timestamp};

/// What kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// Tỉnh, thành phố.
    Province,
    /// Xã, phường.
    Commune,
    /// Thôn, tổ dân phố.
    Hamlet,
    /// Tổ liên gia, tổ tự quản.
    Group,
    /// A school, dormitory, market or other site.
    Site,
}

impl PlaceKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Province, Self::Commune, Self::Hamlet, Self::Group, Self::Site];

    /// The name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Commune => "commune",
            Self::Hamlet => "hamlet",
            Self::Group => "group",
            Self::Site => "site",
        }
    }
}

impl std::str::FromStr for PlaceKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("{text:?} is no kind of place: province, commune, hamlet, group or site"))
    }
}

/// A place as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Place {
    /// Identifier.
    pub id: PlaceId,
    /// The place that it is part of.
    pub parent_id: Option<PlaceId>,
    /// What kind of place.
    pub kind: PlaceKind,
    /// What it is called now.
    pub name: String,
    /// What it was called before, latest first.
    pub former_names: Vec<String>,
    /// Where its middle is.
    pub point: Option<GeoPoint>,
    /// The place that it was merged into: it is kept for its footage, below that place.
    pub merged_into: Option<PlaceId>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Rises with each change; what a changer must present.
    pub version: i64,
}
