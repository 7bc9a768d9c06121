//! The tests in a real browser: the demo is started, and Playwright does what the three people do.

use anyhow::Result;

use crate::command;
use crate::demo::{self, Demo};
use crate::layout::{Layout, Profile};
use crate::web;

pub(crate) fn test(layout: &Layout, profile: Profile, arguments: &[String]) -> Result<()> {
    let folder = layout.browser_tests();
    web::install(layout, &folder)?;
    let stop = demo::listen_for_signals()?;
    let cameras = layout.root.join("config/demo/cameras.toml");
    let mut demo = Demo::start(layout, profile, &cameras, "browser", &stop)?;
    let mut playwright = layout.npm(&folder);
    playwright
        .args(["run", "--silent", "test", "--"])
        .args(arguments)
        .env("TAIMAT_ADDRESS", demo.address())
        .env("TAIMAT_USERNAME", demo.login.username)
        .env("TAIMAT_PASSWORD", &demo.login.password)
        .env("TAIMAT_SCREENSHOTS", layout.built("screenshots"));
    let outcome = command::run(&mut playwright);
    outcome.and(demo.stop())
}
