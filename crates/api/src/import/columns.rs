//! The columns of a table of cameras, and the headings by which they go.

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    Name,
    Place,
    Main,
    Sub,
    Username,
    Password,
    Latitude,
    Longitude,
    Bearing,
    KeepDays,
}

impl Column {
    /// All of them, in the order of the template.
    pub(crate) const ALL: [Self; 10] = [
        Self::Name,
        Self::Place,
        Self::Main,
        Self::Sub,
        Self::Username,
        Self::Password,
        Self::Latitude,
        Self::Longitude,
        Self::Bearing,
        Self::KeepDays,
    ];

    /// Its heading in the template, and the others that mean it.
    const fn headings(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["Tên", "ten camera", "name", "camera"],
            Self::Place => &["Địa bàn", "place", "thôn", "xã"],
            Self::Main => &["Luồng chính", "main", "main_url", "main stream", "rtsp"],
            Self::Sub => &["Luồng phụ", "sub", "sub_url", "sub stream"],
            Self::Username => &["Tài khoản", "username", "user"],
            Self::Password => &["Mật khẩu", "password"],
            Self::Latitude => &["Vĩ độ", "latitude", "lat"],
            Self::Longitude => &["Kinh độ", "longitude", "lon", "lng"],
            Self::Bearing => &["Hướng", "bearing"],
            Self::KeepDays => &["Giữ (ngày)", "giữ", "keep_days", "keep days"],
        }
    }

    /// Its heading in the template.
    pub(crate) fn heading(self) -> &'static str {
        self.headings().first().copied().unwrap_or_default()
    }

    /// Its name in the API.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Place => "place",
            Self::Main => "main",
            Self::Sub => "sub",
            Self::Username => "username",
            Self::Password => "password",
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
            Self::Bearing => "bearing",
            Self::KeepDays => "keep_days",
        }
    }

    /// The column that a heading means, whatever its case and diacritics.
    pub(crate) fn of(heading: &str) -> Option<Self> {
        let heading = plain(heading);
        Self::ALL.into_iter().find(|column| column.headings().iter().any(|known| plain(known) == heading))
    }
}

/// Text without what people write differently: case, diacritics, blanks, marks of what is needed.
pub(crate) fn plain(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == '*' || c == '\u{feff}')
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ").to_lowercase().chars().filter(|c| !is_mark(*c)).map(bare).collect()
}

/// A combining mark, as in text that is written in parts.
fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// A small Vietnamese letter without its marks.
fn bare(letter: char) -> char {
    const FAMILIES: [(&str, char); 7] = [
        ("àáảãạăằắẳẵặâầấẩẫậ", 'a'),
        ("èéẻẽẹêềếểễệ", 'e'),
        ("ìíỉĩị", 'i'),
        ("òóỏõọôồốổỗộơờớởỡợ", 'o'),
        ("ùúủũụưừứửữự", 'u'),
        ("ỳýỷỹỵ", 'y'),
        ("đ", 'd'),
    ];
    FAMILIES.iter().find(|(family, _)| family.contains(letter)).map_or(letter, |(_, bare)| *bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_found_however_they_are_written() {
        for (heading, column) in [
            ("Tên *", Column::Name),
            ("ĐỊA BÀN", Column::Place),
            ("dia ban", Column::Place),
            (" Luồng  chính", Column::Main),
            ("Giữ (ngày)", Column::KeepDays),
            ("keep_days", Column::KeepDays),
            ("Vi\u{303} đo\u{323}\u{302}", Column::Latitude),
        ] {
            assert_eq!(Column::of(heading), Some(column), "{heading}");
        }
        assert_eq!(Column::of("ghi chú"), None);
        for column in Column::ALL {
            assert_eq!(Column::of(column.heading()), Some(column));
        }
    }
}
