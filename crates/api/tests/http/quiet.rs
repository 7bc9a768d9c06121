//! What a camera has learnt not to flag, over HTTP.

use std::sync::Arc;

use domain::{FiringId, Role, Suppressed};
use index::Record;
use serde_json::json;

use crate::world::{NOW, at, root, rule, run};

#[test]
fn dismissing_teaches_and_what_was_learnt_is_seen_and_forgotten() {
    run(|world| async move {
        let made = world.index.create_rule(world.home.id, &rule("Đêm")).await.unwrap();
        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        let list = format!("/cameras/{}/quiet", world.camera.id);
        for wrong in [
            json!({"step": "take", "reason": "animal", "version": 1}),
            json!({"step": "dismiss", "reason": "boredom", "version": 1}),
        ] {
            let item = world.flag(&made).await;
            let steps = format!("/review-items/{item}/steps");
            assert_eq!(officer.post(&steps, wrong).await.expect(400).json()["field"], "reason");
            let wordless = json!({"step": "dismiss", "reason": "other", "version": 1});
            assert_eq!(officer.post(&steps, wordless).await.expect(400).json()["field"], "note");
        }
        assert_eq!(officer.get(&list).await.expect(200).json()["items"], json!([]));
        for _ in 0..3 {
            let item = world.flag_seen(&made).await;
            let dismiss = json!({"step": "dismiss", "reason": "leaves_or_shadow", "version": 1});
            officer.post(&format!("/review-items/{item}/steps"), dismiss).await.expect(200);
        }
        let learnt = officer.get(&list).await.expect(200).json();
        let spot = &learnt["items"][0];
        assert_eq!((&spot["dismissed"], &spot["needed"]), (&json!(3), &json!(3)), "{learnt}");
        assert!(spot["active_since"].is_string() && spot["examples"].as_array().unwrap().len() == 3);
        assert_eq!(spot["examples"][0]["reason"], "leaves_or_shadow");
        let id = spot["id"].as_str().unwrap();

        let suppressed = Suppressed {
            id: FiringId::generate(),
            suppressed_by: id.parse().unwrap(),
            rule: Arc::new(made),
            camera_id: world.camera.id,
            place_id: world.home.id,
            at: NOW,
            event_id: Some(world.event.id),
            measured: crate::world::seen(),
        };
        world.write(Record::Suppressed(Box::new(suppressed))).await;
        let story = officer.get(&format!("/quiet/{id}")).await.expect(200).json();
        assert_eq!((&story["suppressed"], &story["last_suppressed"]), (&json!(1), &json!(NOW)), "{story}");
        assert_eq!(story["suppressed_firings"][0]["why"]["en"], "A person appeared.");

        let stranger = world.client(&[at(Role::DutyOfficer, &world.outside)]).await;
        stranger.delete(&format!("/quiet/{id}")).await.expect(404);
        let investigator = world.client(&[at(Role::Investigator, &world.inside)]).await;
        investigator.delete(&format!("/quiet/{id}")).await.expect(403);
        officer.delete(&format!("/quiet/{id}")).await.expect(204);
        officer.delete(&format!("/quiet/{id}")).await.expect(404);
        assert_eq!(officer.get(&list).await.expect(200).json()["items"], json!([]));
        let audit = root(&world).await.get(&format!("/audit?target=quiet/{id}")).await.expect(200).json();
        assert_eq!(audit["items"][0]["action"], "quiet.forget", "{audit}");
    });
}
