//! The fields of a header (`extFields`): names and texts in the order of the frame.

use smallvec::SmallVec;

/// Fields of a header.
pub const FIELDS_MAX: usize = 128;
/// Bytes of a field's name.
pub const NAME_BYTES_MAX: usize = 255;
/// Bytes of a field's value.
pub const VALUE_BYTES_MAX: usize = 32 << 10;

/// One field. A value of `None` was null: absent, but a client may have signed it as `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    pub name: &'a str,
    pub value: Option<&'a str>,
}

/// All fields of a header. Where a name stands more than once, the last one counts, for the
/// signature as for the handler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields<'a> {
    entries: SmallVec<[Field<'a>; 24]>,
}

impl<'a> Fields<'a> {
    pub(crate) fn push(&mut self, field: Field<'a>) {
        self.entries.push(field);
    }

    /// Every field in the order of the frame, doubles included.
    pub fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.entries.iter()
    }

    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.entries.iter().rev().find(|field| field.name == name)?.value
    }

    /// The values of several names at once.
    pub fn pick<const N: usize>(&self, names: [&'static str; N]) -> [Option<&'a str>; N] {
        let mut values = [None; N];
        for field in &self.entries {
            for (name, value) in names.iter().zip(&mut values) {
                if *name == field.name {
                    *value = field.value;
                }
            }
        }
        values
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Fields<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let entries = pairs.into_iter().map(|(name, value)| Field { name, value: Some(value) });
        Self { entries: entries.collect() }
    }
}

/// A field of a request that is not as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    #[error("the request has no field {field}")]
    Missing { field: &'static str },
    #[error("the field {field} is not {expected}")]
    Form { field: &'static str, expected: &'static str },
}

/// A text that must be there.
pub(crate) fn text<'a>(field: &'static str, value: Option<&'a str>) -> Result<&'a str, FieldError> {
    value.ok_or(FieldError::Missing { field })
}

/// A whole number that must be there.
pub(crate) fn int<T: std::str::FromStr>(field: &'static str, value: Option<&str>) -> Result<T, FieldError> {
    text(field, value)?.parse().map_err(|_| FieldError::Form { field, expected: "a whole number" })
}

/// A whole number that may be missing or empty.
pub(crate) fn int_or<T: std::str::FromStr>(
    field: &'static str,
    value: Option<&str>,
    otherwise: T,
) -> Result<T, FieldError> {
    match value {
        None | Some("") => Ok(otherwise),
        present => int(field, present),
    }
}

/// A truth value in any of the clients' spellings; missing is false.
pub(crate) fn truth(field: &'static str, value: Option<&str>) -> Result<bool, FieldError> {
    match value {
        None | Some("" | "0") => Ok(false),
        Some("1") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(FieldError::Form { field, expected: "true or false" }),
    }
}
