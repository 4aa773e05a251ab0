//! Closed sets whose members have a stable kebab-case name.
//!
//! Outcomes, states, categories and reasons are written to the database, the log, the page and the
//! command line by that one name. The macro gives each such enum its name and the way back, so that no
//! second spelling can appear. It must not be used for sets that outsiders extend.

/// Declares an enum whose variants are written as the given slugs.
///
/// The enum gets `as_str`, `ALL`, `Display`, `FromStr` (error: [`UnknownSlug`]) and serde by slug.
#[macro_export]
macro_rules! slug_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $slug:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every member, in declaration order.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable kebab-case name.
            $vis const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $slug),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::slug::UnknownSlug;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|member| member.as_str() == text).ok_or_else(|| {
                    $crate::slug::UnknownSlug::new(text, Self::ALL.iter().map(|member| member.as_str()))
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A name that is no member of the set, with the members there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is unknown here; write one of: {known}")]
pub struct UnknownSlug {
    found: String,
    known: String,
}

impl UnknownSlug {
    /// Builds the error from what was read and what could have been.
    pub fn new(found: &str, known: impl Iterator<Item = &'static str>) -> Self {
        Self {
            found: found.to_owned(),
            known: known.collect::<Vec<_>>().join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    slug_enum! {
        /// A set for the test.
        pub(super) enum Colour {
            /// Red.
            Red = "red",
            /// Deep blue.
            DeepBlue = "deep-blue",
        }
    }

    #[test]
    fn a_member_reads_back_from_its_name() {
        assert_eq!(Colour::DeepBlue.to_string().parse(), Ok(Colour::DeepBlue));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "blue".parse::<Colour>().unwrap_err().to_string();
        assert_eq!(error, "`blue` is unknown here; write one of: red, deep-blue");
    }
}
