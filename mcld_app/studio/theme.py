"""Colours, type and sizes. System fonts only: the page asks nobody outside for anything."""

from __future__ import annotations

import gradio as gr

_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Arial", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")


def studio_theme() -> gr.themes.Base:
    """A quiet theme: warm greys, one teal accent, soft corners, hardly any borders."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        spacing_size=gr.themes.sizes.spacing_md,
        text_size=gr.themes.sizes.text_md,
        font=_SANS,
        font_mono=_MONO,
    ).set(
        body_background_fill="#f4f3f0",
        body_background_fill_dark="#161514",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#211f1e",
        background_fill_secondary="#f7f6f4",
        background_fill_secondary_dark="#2a2827",
        block_background_fill="*background_fill_primary",
        block_background_fill_dark="*background_fill_primary",
        block_border_width="0px",
        block_shadow="none",
        block_shadow_dark="none",
        body_text_color="#292524",
        body_text_color_dark="#f0eeec",
        body_text_color_subdued="#6b645e",
        body_text_color_subdued_dark="#a9a29c",
        border_color_primary="#e3e0db",
        border_color_primary_dark="#3a3735",
        color_accent="*primary_600",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        button_secondary_background_fill="*background_fill_secondary",
        button_secondary_background_fill_dark="*background_fill_secondary",
        button_secondary_background_fill_hover="*neutral_200",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*border_color_primary",
        button_secondary_text_color="*body_text_color",
        button_small_radius="*radius_lg",
        button_small_text_weight="500",
    )
