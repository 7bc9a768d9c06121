//! Every route, with its right. One file a resource.

mod along;
mod audit;
mod bells;
mod cameras;
mod case_items;
mod cases;
mod channels;
mod clips;
mod deliveries;
mod events;
mod exports;
mod holds;
mod live;
mod moved;
mod places;
mod presets;
mod quiet;
mod recordings;
mod reports;
mod review;
mod rules;
mod session;
mod shifts;
mod snapshots;
mod sounders;
mod system;
mod timeline;
mod tokens;
mod transcoded;
mod users;
mod video;
mod zalo;

use utoipa_axum::router::OpenApiRouter;

use crate::app::Server;

pub(crate) use shifts::OfflineCamera;

/// All routes, without what surrounds them.
pub(crate) fn all() -> OpenApiRouter<Server> {
    // On the heap: descriptions of so many routes are large.
    let v1 = vec![
        session::routes(),
        tokens::routes(),
        users::routes(),
        places::routes(),
        cameras::routes(),
        along::routes(),
        timeline::routes(),
        recordings::routes(),
        transcoded::routes(),
        clips::routes(),
        moved::routes(),
        snapshots::routes(),
        events::routes(),
        holds::routes(),
        cases::routes(),
        case_items::routes(),
        exports::routes(),
        rules::routes(),
        presets::routes(),
        review::routes(),
        reports::routes(),
        zalo::routes(),
        bells::routes(),
        sounders::routes(),
        quiet::routes(),
        shifts::routes(),
        channels::routes(),
        deliveries::routes(),
        live::routes(),
        video::routes(),
        audit::routes(),
        system::documentation(),
    ];
    let v1 = v1.into_iter().fold(OpenApiRouter::default(), OpenApiRouter::merge);
    system::routes().nest("/api/v1", v1)
}
