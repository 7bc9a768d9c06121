//! Many cameras come from a table.

use axum::body::Body;
use axum::http::header;
use domain::Role;
use serde_json::{Value, json};

use crate::problems::problem;
use crate::world::{Client, Reply, World, at, run};

async fn send(client: &Client, query: &str, kind: &str, body: impl Into<Body>) -> Reply {
    let request = client.request("POST", &format!("/cameras/import{query}"));
    client.send(request.header(header::CONTENT_TYPE, kind).body(body.into()).unwrap()).await
}

/// A table of the commune `inside`, with every mistake that people make.
fn table(world: &World) -> String {
    let home = format!("{} / {}", world.inside.name, world.home.name);
    let id = world.inside.id;
    format!(
        "\u{feff}Tên;Địa bàn;Luồng chính;Luồng phụ;Tài khoản;Mật khẩu;Vĩ độ;Kinh độ;Hướng;Giữ (ngày);Ghi chú\r\n\
         Cổng chùa;{home};rtsp://192.0.2.21/1;rtsp://192.0.2.21/2;admin;hunter2;16,4637;107.5909;90;30;x\r\n\
         Bến đò;{id};rtsp://192.0.2.22:554/1;;;;;;;;\r\n\
         Bến đò 2;{};rtsp://192.0.2.22/1;;;;;;;;\r\n\
         ;Không có;http://192.0.2.23/;rtsp://a:hunter2@b;;;95;;400;0;\r\n\
         Nơi khác;{};rtsp://192.0.2.24/1;;;;;;;;\r\n\
         Đã có;{home};rtsp://192.0.2.7/main;;;;;;;;\r\n",
        world.home.name, world.outside.name
    )
}

fn fields(row: &Value) -> Vec<&str> {
    row["problems"].as_array().unwrap().iter().map(|problem| problem["field"].as_str().unwrap()).collect()
}

#[test]
fn every_problem_of_every_row_is_told_and_the_others_are_added() {
    run(|world| async move {
        let client = world.client(&[at(Role::Operator, &world.inside)]).await;
        let table = table(&world);
        let before = client.get("/cameras").await.json()["items"].as_array().unwrap().len();
        let reply =
            send(&client, "?dry_run=true", "text/csv; charset=utf-8", table.clone()).await.expect(200);
        assert!(!reply.text().contains("hunter2"));
        let told = reply.json();
        assert_eq!((&told["ready"], &told["added"]), (&json!(2), &json!(0)));
        assert_eq!(told["ignored"], json!(["Ghi chú"]));
        let rows = told["rows"].as_array().unwrap();
        let all: Vec<Vec<&str>> = rows.iter().map(fields).collect();
        let bad = ["name", "place", "main", "latitude", "longitude", "bearing", "keep_days"].to_vec();
        let mut fourth = all[3].clone();
        fourth.sort_by_key(|field| bad.iter().position(|known| known == field));
        assert_eq!(fourth, bad, "{told}");
        assert_eq!([&all[0], &all[1], &all[2]], [&vec![], &vec![], &vec!["main"]], "{told}");
        assert_eq!([&all[4], &all[5]], [&vec!["place"], &vec!["main"]]);
        assert!(rows[2]["problems"][0]["message"]["vi"].as_str().unwrap().contains("dòng 3"));
        assert_eq!((&rows[5]["row"], &rows[5]["camera_id"]), (&json!(7), &json!(world.camera.id)));
        for row in rows {
            for problem in row["problems"].as_array().unwrap() {
                for text in ["/message/vi", "/message/en", "/remedy/vi", "/remedy/en"] {
                    assert!(!problem.pointer(text).unwrap().as_str().unwrap().is_empty(), "{problem}");
                }
            }
        }
        let cameras = client.get("/cameras").await.json();
        assert_eq!(cameras["items"].as_array().unwrap().len(), before, "nothing was added");

        let done = send(&client, "", "text/csv", table.clone()).await.expect(200).json();
        assert_eq!((&done["ready"], &done["added"]), (&json!(2), &json!(2)));
        let id = done["rows"][0]["camera_id"].as_str().unwrap();
        let camera = client.get(&format!("/cameras/{id}")).await.expect(200).json();
        assert_eq!((&camera["name"], &camera["place_id"]), (&json!("Cổng chùa"), &json!(world.home.id)));
        assert_eq!((&camera["has_credentials"], &camera["keep_days"]), (&json!(true), &json!(30)));
        assert_eq!(camera["point"], json!({"latitude": 16.4637, "longitude": 107.5909}));
        assert!(world.cameras.changed.lock().unwrap().iter().any(|changed| changed.to_string() == id));

        let again = send(&client, "", "text/csv", table).await.expect(200).json();
        assert_eq!((&again["ready"], &again["added"]), (&json!(0), &json!(0)), "what was added is known");
        assert_eq!(again["rows"][0]["camera_id"], json!(id));
    });
}

#[test]
fn only_cameras_that_work_are_added_where_they_are_tried() {
    run(|world| async move {
        let client = world.client(&[at(Role::Operator, &world.inside)]).await;
        let name = &world.home.name;
        let table =
            format!("name,place,main\nA,{name},rtsp://192.0.2.31/main\nB,{name},rtsp://192.0.2.32/locked\n");
        let done = send(&client, "?probe=true", "text/csv", table).await.expect(200).json();
        assert_eq!((&done["ready"], &done["added"]), (&json!(1), &json!(1)), "{done}");
        assert_eq!(fields(&done["rows"][1]), ["main"]);
        assert_eq!(done["rows"][1]["problems"][0]["message"]["vi"], "Camera từ chối");
    });
}

#[test]
fn what_is_no_table_is_refused_and_the_template_is_one() {
    const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    run(|world| async move {
        let client = world.client(&[at(Role::Operator, &world.inside)]).await;
        let other = send(&client, "", "application/json", "{}").await;
        problem(&other, 415, "Content-Type", "another type");
        for (kind, body) in [
            ("text/csv", b"name,place\nA,B\n".to_vec()),
            ("text/csv", b"T\xean,x\n".to_vec()),
            ("text/csv", Vec::new()),
            (XLSX, b"name,place,main\n".to_vec()),
        ] {
            let reply = send(&client, "", kind, body).await.expect(400);
            assert_eq!(reply.code(), "invalid_request");
            assert!(!reply.json()["remedy"].as_str().unwrap().is_empty());
        }
        let large = vec![b'x'; (2 << 20) + 1];
        assert_eq!(send(&client, "", "text/csv", large).await.expect(413).code(), "too_large");

        let template = client.get("/cameras/import/template?format=csv").await.expect(200);
        assert!(template.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains(".csv"));
        assert!(template.text().starts_with('\u{feff}'));
        let told = send(&client, "", "text/csv", template.body).await.expect(200).json();
        assert_eq!((&told["added"], fields(&told["rows"][0])), (&json!(0), vec!["place"]), "{told}");
        client.get("/cameras/import/template?format=ods").await.expect(400);
    });
}
