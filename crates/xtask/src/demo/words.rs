//! What the demo tells a person: where to go, how to sign in, what to paste.

use std::path::Path;

use super::client::Client;
use super::commune::Commune;
use super::server::{Login, Server};

pub(super) fn print(
    server: &Server,
    login: &Login,
    client: &Client,
    commune: &Commune,
    press: &str,
    warnings: &Path,
) {
    let base = &server.base;
    println!("\nTaimat is running with {} cameras. Ctrl-C stops everything.\n", commune.cameras.len());
    println!("  address        {base}");
    println!("  login          {} / {}", login.username, login.password);
    println!("  documentation  {base}/api/v1/openapi.json");
    println!("\n  places");
    for (path, id) in &commune.places {
        println!("    {id}  {path}");
    }
    println!("  cameras");
    for camera in &commune.cameras {
        println!("    {}  {}", camera.id, camera.title);
    }
    println!("\nTo try in another terminal:\n");
    println!("  export TAIMAT_SERVER={base} TAIMAT_TOKEN={}", client.token());
    println!(
        "  get() {{ curl --silent --header \"Authorization: Bearer $TAIMAT_TOKEN\" \"$TAIMAT_SERVER/api/v1$1\"; }}\n"
    );
    let mut examples = vec![("everything, newest first", "/events?limit=20".to_owned())];
    examples.push((
        "people of the last ten minutes",
        "/events?class=person&from=$(date -u -d -10min +%FT%TZ)".to_owned(),
    ));
    examples.push((
        "vehicles that moved, sure ones only",
        "/events?class=car&class=truck&moving=true&min_score=0.6".to_owned(),
    ));
    if let Some((path, id)) = commune.places.iter().find(|(path, _)| path.matches('›').count() == 2) {
        examples.push((path, format!("/events?place={id}")));
    }
    if let Some((latitude, longitude)) = commune.middle {
        examples
            .push(("within 300 m of a point", format!("/events?lat={latitude}&lon={longitude}&radius=300")));
    }
    if let Some(camera) = commune.cameras.first() {
        let range = "from=$(date -u -d -1min +%FT%TZ)&to=$(date -u -d -40sec +%FT%TZ)";
        examples.push((
            "twenty seconds as MP4, once the demo has run for a minute",
            format!("/cameras/{}/clip?{range}", camera.id),
        ));
    }
    for (what, path) in examples {
        let file = if path.contains("/clip?") { " > clip.mp4" } else { "" };
        println!("  # {what}\n  get \"{path}\"{file}");
    }
    println!(
        "\n  # press a household's alarm bell, and see the alarm\n  {press}\n  get \"/review-items?severity=alarm\""
    );
    println!("\n  # what a webhook and a stub of Zalo were told\n  tail --follow {}", warnings.display());
    println!("\n  # the same from the command line");
    println!("  {} search --class person --limit 10", server.program.display());
    println!("  {} camera list\n", server.program.display());
}
