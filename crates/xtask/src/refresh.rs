//! x
pub(crate) fn pure(_: &[&str]) -> Result<String, String> {
    Ok(String::new())
}
pub(crate) fn wheels(_: &[&str]) -> Result<String, String> {
    Ok(String::new())
}
pub(crate) fn availability() -> Result<String, String> {
    Ok(String::new())
}
