//! The document, and what surrounds every answer.

use axum::body::Body;
use axum::http::header;
use serde_json::Value;

use crate::world::run;

#[test]
fn the_document_is_whole() {
    let document = serde_json::to_value(api::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let mut operations = Vec::new();
    let mut references = Vec::new();
    collect(&document, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            operations.push(operation["operationId"].as_str().expect(&name).to_owned());
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{name} has no summary"
            );
            assert!(!operation["x-right"].is_null(), "{name} states no right");
            assert!(operation["responses"]["default"].is_object(), "{name} documents no problem");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let description = response["description"].as_str().unwrap_or_default();
                assert!(!description.is_empty(), "{name} {status} is not described");
            }
            let names: Vec<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let wanted: Vec<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(names, wanted, "{name}");
        }
    }
    let count = operations.len();
    operations.sort();
    operations.dedup();
    assert_eq!(operations.len(), count, "operation identifiers are unique");
    // Clients are generated from these names: changing one breaks them.
    for stable in
        ["signIn", "listEvents", "searchEvents", "exportClip", "createCamera", "readTimeline", "watchLive"]
    {
        assert!(operations.iter().any(|operation| operation == stable), "{stable}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str() {
                    Some(text) if key == "$ref" => references.push(text.to_owned()),
                    _ => collect(value, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[test]
fn readiness_names_what_is_wrong() {
    run(|world| async move {
        let client = world.nobody();
        client.get("//healthz").await.expect(200);
        assert_eq!(client.get("//readyz").await.expect(200).json()["ready"], true);
        *world.health.broken.lock().unwrap() = true;
        let body = client.get("//readyz").await.expect(503).json();
        assert_eq!(body["checks"][0]["name"], "worker");
    });
}

#[test]
fn text_is_compressed_and_answers_are_guarded() {
    run(|world| async move {
        let client = world.nobody();
        let request = client.request("GET", "/openapi.json").header(header::ACCEPT_ENCODING, "gzip");
        let reply = client.send(request.body(Body::empty()).unwrap()).await.expect(200);
        assert_eq!(reply.headers[header::CONTENT_ENCODING], "gzip");
        assert_eq!(reply.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let session = client.get("/session").await.expect(401);
        assert_eq!(session.headers[header::CACHE_CONTROL], "no-store");
        assert!(session.headers.contains_key(header::WWW_AUTHENTICATE));
    });
}

/// Schemas are known by the name of their type alone: of two of one name one would be lost, and clients misled.
#[test]
fn no_two_types_of_the_document_share_a_name() {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut names: Vec<String> = Vec::new();
    let mut folders = vec![crates.join("api/src"), crates.join("domain/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let mut described = false;
            for line in text.lines() {
                described |= line.contains("ToSchema)");
                let mut words =
                    line.trim_start_matches("pub ").trim_start_matches("pub(crate) ").split_whitespace();
                if let (Some("struct" | "enum"), Some(name)) = (words.next(), words.next())
                    && std::mem::take(&mut described)
                {
                    names.push(name.trim_matches(|letter: char| !letter.is_alphanumeric()).to_owned());
                }
            }
        }
    }
    assert!(names.len() > 100, "{} types", names.len());
    names.sort();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
