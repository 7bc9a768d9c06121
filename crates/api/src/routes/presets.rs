//! Ready-made sets of rules, and putting them to use.

use axum::extract::State;
use axum::http::StatusCode;
use domain::{Action, CameraId, PlaceId, Rule, RuleSpec};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::rules::{Rules, changed};
use crate::app::Server;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, guarded};
use crate::extract::{Json, Path};
use crate::presets::{PRESETS, Preset};
use crate::problem::{Answer, Problem};

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::SignedIn, routes!(list)))
        .routes(guarded(Right::At(Action::ManageRules, At::Somewhere), routes!(apply)))
}

/// Presets.
#[derive(Serialize, utoipa::ToSchema)]
struct Presets {
    /// By name.
    items: Vec<Preset>,
}

/// List rule presets
#[utoipa::path(get, path = "/rule-presets", operation_id = "listRulePresets", tag = "rules",
    responses((status = 200, body = Presets)))]
async fn list() -> axum::Json<Presets> {
    axum::Json(Presets { items: PRESETS.clone() })
}

/// Where to apply a preset.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Application {
    /// The place whose rules they become.
    place_id: PlaceId,
    /// The cameras that they hold for; none: all of the place and below.
    #[serde(default)]
    cameras: Vec<CameraId>,
}

/// Apply a rule preset
///
/// Its rules become ordinary rules of the place. Answers them.
#[utoipa::path(post, path = "/rule-presets/{preset}/apply", operation_id = "applyRulePreset", tag = "rules",
    params(("preset" = String, Path, example = "safe-school")), request_body = Application,
    responses((status = 201, body = Rules)))]
async fn apply(
    State(server): State<Server>,
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<Application>,
) -> Answer<(StatusCode, axum::Json<Rules>)> {
    let preset = PRESETS.iter().find(|preset| preset.name == name);
    let preset = preset.ok_or_else(|| Problem::not_found("preset").at("preset"))?;
    caller.require_place(&server.index, Action::ManageRules, body.place_id, "place_id").await?;
    let mut items: Vec<Rule> = Vec::new();
    for rule in &preset.content.rules {
        let rule = RuleSpec { cameras: body.cameras.clone(), ..rule.clone() };
        rule.check()?;
        let rule = server.index.create_rule(body.place_id, &rule).await?;
        changed(&server, &caller, "rule.create", &rule).await;
        items.push(rule);
    }
    Ok((StatusCode::CREATED, axum::Json(Rules { items })))
}
