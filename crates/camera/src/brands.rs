//! What is known of the brands that are common here, as data: how they give themselves away, where their streams are,
//! and what their owners stumble over. A wrong guess costs nothing but the order in which paths are tried.

use domain::{GuessedBy, Sentence};

use crate::ask::Banner;

/// Something to tell, in Vietnamese and in English.
type Words = Option<(&'static str, &'static str)>;

/// A brand, or a family of brands that are built alike.
#[derive(Debug)]
pub(crate) struct Brand {
    /// How it is called.
    pub(crate) name: &'static str,
    /// Parts of the names by which its devices call themselves, in small letters.
    names: &'static [&'static str],
    /// Parts of the realm for which it asks a password, in small letters.
    realms: &'static [&'static str],
    /// Parts of the name of its server software, in small letters.
    servers: &'static [&'static str],
    /// Ports of its own protocols, beside RTSP.
    pub(crate) ports: &'static [u16],
    /// Main and sub stream, with `{n}` in the place of the channel's number, or `{nn}` where it has two digits.
    pub(crate) paths: &'static [(&'static str, Option<&'static str>)],
    /// Which user name and password it wants.
    account: Words,
    /// Why its RTSP port may be closed, and how it is opened.
    closed: Words,
    /// What else to know of it.
    note: Words,
}

/// The brands, the most common first: the order in which paths are tried where the brand cannot be told.
pub(crate) static BRANDS: [Brand; 11] = [
    Brand {
        name: "Hikvision",
        names: &["hikvision", "ds-2", "hilook"],
        realms: &["ip camera(", "hikvision", "ds-"],
        servers: &["hikvision"],
        ports: &[8_000],
        paths: &[
            ("/Streaming/Channels/{n}01", Some("/Streaming/Channels/{n}02")),
            ("/h264/ch{n}/main/av_stream", Some("/h264/ch{n}/sub/av_stream")),
        ],
        account: Some((
            "Dùng tài khoản của camera hoặc đầu ghi; nếu vẫn sai, đặt xác thực RTSP là \"digest/basic\" trong cài đặt \
             mạng nâng cao.",
            "Use the account of the camera or recorder; if it is still refused, set RTSP authentication to \
             \"digest/basic\" in the advanced network settings.",
        )),
        closed: Some((
            "Bật RTSP (cổng 554) trên trang web của camera hoặc đầu ghi: Cấu hình, Mạng, Cổng.",
            "Switch RTSP (port 554) on at the web page of the camera or recorder: configuration, network, ports.",
        )),
        note: Some((
            "Tắt H.264+ hoặc H.265+ (smart codec) để tua và phân tích được tốt.",
            "Switch H.264+ or H.265+ (smart codec) off: seeking and analysis work better then.",
        )),
    },
    Brand {
        name: "Dahua / KBVision / Imou",
        names: &["dahua", "kbvision", "imou", "dh-", "kx-", "lechange"],
        realms: &["login to "],
        servers: &["dahua"],
        ports: &[37_777],
        paths: &[("/cam/realmonitor?channel={n}&subtype=0", Some("/cam/realmonitor?channel={n}&subtype=1"))],
        account: Some((
            "Tài khoản thường là admin. Với Imou, mật khẩu là mã an toàn (safety code) in trên tem dưới camera.",
            "The user is often admin. On Imou the password is the safety code on the label under the camera.",
        )),
        closed: Some((
            "Bật RTSP và ONVIF: với Imou, mở ứng dụng Imou Life, cài đặt camera; với Dahua, KBVision, mở trang web của \
             camera, mục mạng.",
            "Switch RTSP and ONVIF on: for Imou in the settings of the camera in the Imou Life app; for Dahua and \
             KBVision on the camera's web page under network.",
        )),
        note: None,
    },
    Brand {
        name: "Ezviz",
        names: &["ezviz", "cs-"],
        realms: &["ezviz"],
        servers: &["ezviz"],
        ports: &[9_010, 9_020],
        paths: &[("/h264_stream", None), ("/H.264", None)],
        account: Some((
            "Tài khoản là admin, mật khẩu là mã xác minh 6 chữ cái in trên tem camera.",
            "The user is admin, the password the verification code of six letters on the camera's label.",
        )),
        closed: Some((
            "Ezviz đóng cổng 554 từ bản phần mềm 2023: mở lại bằng phần mềm Ezviz Studio trên máy tính (cài đặt nâng \
             cao của thiết bị, bật cổng RTSP). Một số đời như H6c và camera dùng pin không có RTSP.",
            "Ezviz closes port 554 since its firmware of 2023: open it again with the program Ezviz Studio (advanced \
             settings of the device, RTSP). Some models, such as H6c and those on batteries, have no RTSP.",
        )),
        note: None,
    },
    Brand {
        name: "Tapo / VIGI",
        names: &["tapo", "tp-link", "tp-ipc", "vigi"],
        realms: &["tp-link"],
        servers: &["tp-link"],
        ports: &[2_020],
        paths: &[("/stream1", Some("/stream2"))],
        account: Some((
            "Tạo \"tài khoản camera\" trong ứng dụng Tapo: Cài đặt camera, Cài đặt nâng cao, Tài khoản camera; không \
             dùng tài khoản đăng nhập ứng dụng.",
            "Make a \"camera account\" in the Tapo app: camera settings, advanced settings, camera account; the \
             account of the app itself will not do.",
        )),
        closed: Some((
            "Bật \"Tương thích bên thứ ba\" (Third-Party Compatibility) và tạo tài khoản camera trong ứng dụng Tapo. \
             Camera Tapo dùng pin không có RTSP.",
            "Switch \"Third-Party Compatibility\" on and make a camera account in the Tapo app. Tapo cameras on \
             batteries have no RTSP.",
        )),
        note: Some((
            "Tapo chỉ cho hai luồng cùng lúc: tắt thẻ xem trên NVR, điện thoại khác nếu mất hình.",
            "Tapo allows two streams at a time: close other recorders and apps if the picture goes away.",
        )),
    },
    Brand {
        name: "Yoosee",
        names: &["yoosee", "gwell", "gw-ipc", "sricam"],
        realms: &["yoosee", "gwell", "gwipc"],
        servers: &["yoosee", "gwell"],
        ports: &[5_000],
        paths: &[("/onvif1", Some("/onvif2"))],
        account: Some((
            "Bật \"Mật khẩu NVR / ONVIF\" trong ứng dụng Yoosee; tài khoản là admin.",
            "Set the \"NVR / ONVIF password\" in the Yoosee app; the user is admin.",
        )),
        closed: Some((
            "Bật kết nối NVR (ONVIF/RTSP) trong ứng dụng Yoosee, mục an toàn.",
            "Switch the NVR connection (ONVIF/RTSP) on in the Yoosee app, under safety.",
        )),
        note: Some((
            "Camera Yoosee thường chỉ truyền qua UDP: để kiểu truyền là tự động, và nên cắm dây mạng.",
            "Yoosee cameras often send over UDP only: leave the transport on automatic, and use a cable if you can.",
        )),
    },
    Brand {
        name: "Reolink",
        names: &["reolink"],
        realms: &["bc streaming media", "reolink"],
        servers: &["reolink"],
        ports: &[9_000],
        paths: &[
            ("/h264Preview_{nn}_main", Some("/h264Preview_{nn}_sub")),
            ("/Preview_{nn}_main", Some("/Preview_{nn}_sub")),
        ],
        account: None,
        closed: Some((
            "Bật RTSP trong ứng dụng Reolink: Cài đặt, Mạng, Nâng cao, Cổng. Camera dùng pin không có RTSP.",
            "Switch RTSP on in the Reolink app: settings, network, advanced, ports. Those on batteries have none.",
        )),
        note: Some((
            "Đặt chế độ \"ưu tiên mượt\" và khoảng cách I-frame 1x để hình ổn định.",
            "Set \"fluency first\" and an I-frame interval of 1x for a steady picture.",
        )),
    },
    Brand {
        name: "V380",
        names: &["v380", "macro-video"],
        realms: &["v380"],
        servers: &["v380"],
        ports: &[8_800],
        paths: &[("/live/ch00_0", Some("/live/ch00_1"))],
        account: None,
        closed: Some((
            "Bật RTSP/ONVIF trong ứng dụng V380; nhiều đời chỉ xem được qua ứng dụng.",
            "Switch RTSP/ONVIF on in the V380 app; many models can be watched in the app only.",
        )),
        note: None,
    },
    Brand {
        name: "Uniview",
        names: &["uniview", "unv"],
        realms: &["uniview"],
        servers: &["uniview"],
        ports: &[],
        paths: &[
            ("/media/video1", Some("/media/video2")),
            ("/unicast/c{n}/s0/live", Some("/unicast/c{n}/s1/live")),
        ],
        account: None,
        closed: None,
        note: None,
    },
    Brand {
        name: "Tiandy",
        names: &["tiandy", "tc-"],
        realms: &["tiandy"],
        servers: &["tiandy"],
        ports: &[3_000],
        paths: &[("/{n}/1", Some("/{n}/2"))],
        account: None,
        closed: None,
        note: None,
    },
    Brand {
        name: "XMeye (Xiongmai)",
        names: &["xmeye", "xiongmai", "h264dvr"],
        realms: &["h264dvr"],
        servers: &["h264dvr"],
        ports: &[34_567],
        // With the password of delivery, which is none: others would stand in the address, where everyone reads them.
        paths: &[(
            "/user=admin&password=&channel={n}&stream=0.sdp",
            Some("/user=admin&password=&channel={n}&stream=1.sdp"),
        )],
        account: Some((
            "Đầu ghi XMeye đời cũ đòi mật khẩu ngay trong địa chỉ, Taimat không lưu như vậy: bật ONVIF có tài khoản, hoặc \
             để mật khẩu admin trống và tách đầu ghi ra mạng riêng.",
            "Old XMeye recorders want the password in the address, where Taimat does not store it: switch ONVIF with \
             an account on, or leave admin's password empty and keep the recorder in a network of its own.",
        )),
        closed: None,
        note: Some((
            "Mật khẩu mặc định của XMeye rất yếu: không mở thiết bị này ra Internet.",
            "The default passwords of XMeye are weak: never open this device to the Internet.",
        )),
    },
    Brand {
        name: "Axis",
        names: &["axis"],
        realms: &["axis_"],
        servers: &["axis"],
        ports: &[],
        paths: &[("/axis-media/media.amp", Some("/axis-media/media.amp?resolution=640x360"))],
        account: None,
        closed: None,
        note: None,
    },
];

/// Tried after those of all brands: Xiaomi, Yi and Tuya with other firmware, Tenda, and what has no name.
pub(crate) static COMMON: [(&str, Option<&str>); 5] = [
    ("/live/ch0", Some("/live/ch1")),
    ("/ch0_0.h264", Some("/ch0_1.h264")),
    ("/11", Some("/12")),
    ("/live/main", Some("/live/sub")),
    ("/", None),
];

/// A path of the table for a channel.
pub(crate) fn at_channel(path: &str, number: u16) -> String {
    path.replace("{nn}", &format!("{number:02}")).replace("{n}", &number.to_string())
}

/// Whether a path of the table differs from channel to channel.
pub(crate) fn numbered(path: &str) -> bool {
    path.contains("{n")
}

/// The brand that a greeting gives away.
pub(crate) fn greeted(banner: &Banner) -> Option<(&'static Brand, GuessedBy)> {
    let holds = |text: &Option<String>, hints: &[&str]| {
        text.as_ref().is_some_and(|text| {
            let text = text.to_lowercase();
            hints.iter().any(|hint| text.contains(hint))
        })
    };
    let by_realm = BRANDS.iter().find(|brand| holds(&banner.realm, brand.realms));
    let by_server = || BRANDS.iter().find(|brand| holds(&banner.server, brand.servers));
    by_realm
        .map(|brand| (brand, GuessedBy::Realm))
        .or_else(|| by_server().map(|brand| (brand, GuessedBy::Server)))
}

/// The brand of a device that calls itself so.
pub(crate) fn named(text: &str) -> Option<&'static Brand> {
    let text = text.to_lowercase();
    BRANDS.iter().find(|brand| brand.names.iter().any(|name| text.contains(name)))
}

impl Brand {
    /// What to do where the password is refused.
    pub(crate) fn account(&self) -> Option<Sentence> {
        self.say(self.account)
    }

    /// What to do where the port is closed.
    pub(crate) fn closed(&self) -> Option<Sentence> {
        self.say(self.closed)
    }

    /// What else to know.
    pub(crate) fn note(&self) -> Option<Sentence> {
        self.say(self.note)
    }

    fn say(&self, words: Words) -> Option<Sentence> {
        let name = self.name;
        words.map(|(vi, en)| Sentence::new(format!("{name}: {vi}"), format!("{name}: {en}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_give_themselves_away() {
        let guess = |realm: Option<&str>, server: Option<&str>| {
            let banner = Banner { status: 401, realm: realm.map(Into::into), server: server.map(Into::into) };
            greeted(&banner).map(|(brand, by)| (brand.name, by))
        };
        assert_eq!(guess(Some("IP Camera(E3669)"), None), Some(("Hikvision", GuessedBy::Realm)));
        let dahua = Some(("Dahua / KBVision / Imou", GuessedBy::Realm));
        assert_eq!(guess(Some("Login to 7K01A2B"), Some("Rtsp Server/3.0")), dahua);
        assert_eq!(guess(Some("TP-LINK IP-Camera"), None), Some(("Tapo / VIGI", GuessedBy::Realm)));
        assert_eq!(guess(None, Some("H264DVR 1.0")), Some(("XMeye (Xiongmai)", GuessedBy::Server)));
        assert_eq!(guess(Some("GStreamer RTSP Server"), Some("GStreamer RTSP server")), None);
        assert_eq!(guess(None, None), None);
        assert_eq!(named("KBVISION KX-2011").map(|brand| brand.name), Some("Dahua / KBVision / Imou"));
    }

    #[test]
    fn channels_are_numbered_as_each_brand_does() {
        assert_eq!(at_channel("/Streaming/Channels/{n}01", 12), "/Streaming/Channels/1201");
        assert_eq!(at_channel("/h264Preview_{nn}_main", 3), "/h264Preview_03_main");
        assert_eq!(at_channel("/stream1", 3), "/stream1");
    }

    #[test]
    fn the_table_is_in_order() {
        for brand in &BRANDS {
            assert!(!brand.paths.is_empty(), "{}", brand.name);
            for hints in [brand.names, brand.realms, brand.servers] {
                assert!(
                    hints.iter().all(|hint| *hint == hint.to_lowercase() && hint.len() > 1),
                    "{}",
                    brand.name
                );
            }
            for (main, sub) in brand.paths {
                assert!(main.starts_with('/') && *sub != Some(main), "{}", brand.name);
                assert_eq!(numbered(main), at_channel(main, 1) != at_channel(main, 2), "{}", brand.name);
                assert!(sub.is_none_or(|sub| numbered(sub) == numbered(main)), "{}", brand.name);
                assert!(!at_channel(main, 1).contains(['{', '}']), "{}", brand.name);
            }
            for words in [brand.account(), brand.closed(), brand.note()].into_iter().flatten() {
                assert!(words.vi != words.en && words.vi.starts_with(brand.name));
            }
        }
    }
}
