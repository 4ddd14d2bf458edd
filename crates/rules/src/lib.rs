//! One module per rule, and the list of all rules.
//!
//! A rule is a `static RULE: Rule` and a function that looks at a [`model::Build`]. No rule knows another one; what
//! two would both compute belongs in `model`.

use linter::Rule;

mod apk_cache_kept;
mod apt_lists_kept;
mod cache_deleted_in_later_layer;
mod cache_mount_unused;
mod cache_mount_wrong_path;
mod compiler_in_final_stage;
mod compiler_missing;
mod conda_cache_kept;
mod copy_source_ignored;
mod copy_source_missing;
mod deleted_in_later_layer;
mod dependencies_after_source;
mod distribution_end_of_life;
mod dnf_cache_kept;
mod dockerignore_incomplete;
mod dockerignore_missing;
mod full_image_in_final_stage;
mod image_latest;
mod image_untagged;
mod libc_mismatch;
mod musl_without_wheels;
mod not_utf_8;
mod package_manager_mismatch;
mod pdm_cache_kept;
mod pip_cache_kept;
mod pipenv_cache_kept;
mod poetry_cache_kept;
mod python_end_of_life;
mod python_version_mismatch;
mod recommends_installed;
mod registry_not_allowed;
mod requirements_not_copied;
mod runtime_library_missing;
mod site_packages_bulk_kept;
mod site_packages_path_hard_coded;
mod syntax_error;
mod uv_cache_kept;
mod venv_moved;
mod wheels_copied_as_layer;
mod yum_cache_kept;
mod zypper_cache_kept;

/// Every rule, in the order of the catalogue.
pub static ALL: &[&Rule] = &[
    // What every Dockerfile must be.
    &syntax_error::RULE,
    &not_utf_8::RULE,
    &linter::SUPPRESSION_UNUSED,
    // Layers and size.
    &compiler_in_final_stage::RULE,
    &full_image_in_final_stage::RULE,
    // Caches and layers.
    &deleted_in_later_layer::RULE,
    &cache_deleted_in_later_layer::RULE,
    &pip_cache_kept::RULE,
    &apt_lists_kept::RULE,
    &apk_cache_kept::RULE,
    &dnf_cache_kept::RULE,
    &yum_cache_kept::RULE,
    &zypper_cache_kept::RULE,
    &conda_cache_kept::RULE,
    &poetry_cache_kept::RULE,
    &pipenv_cache_kept::RULE,
    &pdm_cache_kept::RULE,
    &uv_cache_kept::RULE,
    &recommends_installed::RULE,
    &site_packages_bulk_kept::RULE,
    &wheels_copied_as_layer::RULE,
    &cache_mount_unused::RULE,
    &cache_mount_wrong_path::RULE,
    // Wheels, ABI, what will break.
    &musl_without_wheels::RULE,
    &compiler_missing::RULE,
    &runtime_library_missing::RULE,
    &libc_mismatch::RULE,
    &python_version_mismatch::RULE,
    &site_packages_path_hard_coded::RULE,
    &venv_moved::RULE,
    &package_manager_mismatch::RULE,
    // Cache order.
    &dependencies_after_source::RULE,
    &requirements_not_copied::RULE,
    // Build context.
    &dockerignore_missing::RULE,
    &dockerignore_incomplete::RULE,
    &copy_source_missing::RULE,
    &copy_source_ignored::RULE,
    // Base image.
    &python_end_of_life::RULE,
    &distribution_end_of_life::RULE,
    &image_untagged::RULE,
    &image_latest::RULE,
    &registry_not_allowed::RULE,
];
