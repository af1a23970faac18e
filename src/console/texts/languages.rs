//! Languages by the names that people have for them.

/// `Dutch (nl-BE)`; a code that is not known here stands as it is.
pub(in crate::console) fn language(code: &str) -> String {
    match name(&primary(code)) {
        Some(name) => format!("{name} ({code})"),
        None => code.to_owned(),
    }
}

/// The name alone, where there is little room.
pub(in crate::console) fn short(code: &str) -> &str {
    name(&primary(code)).unwrap_or(code)
}

/// The code without its region or script.
fn primary(code: &str) -> String {
    let primary = code.split(['-', '_']).next().unwrap_or_default();
    primary.to_ascii_lowercase()
}

fn name(primary: &str) -> Option<&'static str> {
    Some(match primary {
        "ar" => "Arabic",
        "bg" => "Bulgarian",
        "bn" => "Bengali",
        "ca" => "Catalan",
        "cs" => "Czech",
        "da" => "Danish",
        "de" => "German",
        "el" => "Greek",
        "en" => "English",
        "es" => "Spanish",
        "et" => "Estonian",
        "eu" => "Basque",
        "fa" => "Persian",
        "fi" => "Finnish",
        "fr" => "French",
        "ga" => "Irish",
        "gl" => "Galician",
        "he" => "Hebrew",
        "hi" => "Hindi",
        "hr" => "Croatian",
        "hu" => "Hungarian",
        "id" => "Indonesian",
        "is" => "Icelandic",
        "it" => "Italian",
        "ja" => "Japanese",
        "ko" => "Korean",
        "lb" => "Luxembourgish",
        "lt" => "Lithuanian",
        "lv" => "Latvian",
        "ms" => "Malay",
        "mt" => "Maltese",
        "nb" => "Norwegian Bokmål",
        "nl" => "Dutch",
        "nn" => "Norwegian Nynorsk",
        "no" => "Norwegian",
        "pl" => "Polish",
        "pt" => "Portuguese",
        "ro" => "Romanian",
        "ru" => "Russian",
        "sk" => "Slovak",
        "sl" => "Slovenian",
        "sq" => "Albanian",
        "sr" => "Serbian",
        "sv" => "Swedish",
        "ta" => "Tamil",
        "th" => "Thai",
        "tr" => "Turkish",
        "uk" => "Ukrainian",
        "ur" => "Urdu",
        "vi" => "Vietnamese",
        "zh" => "Chinese",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_its_name_before_its_code() {
        assert_eq!(language("nl-BE"), "Dutch (nl-BE)");
        assert_eq!(language("PT_br"), "Portuguese (PT_br)");
        assert_eq!(language("sv"), "Swedish (sv)");
        assert_eq!((short("sv-SE"), short("tlh")), ("Swedish", "tlh"));
    }

    #[test]
    fn what_is_no_code_stands_as_it_is() {
        for odd in ["", "tlh", "nederlands", "<b>"] {
            assert_eq!(language(odd), odd);
        }
    }
}
