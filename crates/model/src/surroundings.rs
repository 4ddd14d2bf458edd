//! What a build depends on beside the Dockerfile: the files around it and what is asked of it.

use context::Files;

/// What surrounds a Dockerfile.
#[derive(Clone, Copy)]
pub struct Surroundings<'f> {
    /// The build context.
    pub files: &'f dyn Files,
    /// The Dockerfile's path relative to the context's root.
    pub dockerfile: &'f str,
    /// The stage that is shipped; the last one when not said.
    pub target: Option<&'f str>,
}

/// What a person asks of a build beyond the Dockerfile itself.
#[derive(Clone, Copy, Default)]
pub struct Wishes<'f> {
    /// Values of ARG that the builder is given, by name; `None` when only the build will know.
    pub arguments: &'f [(String, Option<String>)],
    /// Names of contexts that the builder is given beside its own: `FROM` such a name is no image.
    pub contexts: &'f [String],
    /// Packages of the distribution that are no build tools here, whatever they look like.
    pub kept_packages: &'f [String],
}
