"""Pretrained models that look at a photo: who is in it, which part of a body each pixel shows, whose face it is.

    densepose         photo -> the people in it, each with an IUV map
    densepose_export  a DensePose file: loaded, run, and what it returns checked
    densepose_charts  what the network says about one person -> an IUV map, in numpy
    operators         the two torchvision operators that DensePose's exports call, where torchvision is not there
    people            the people of a photo, for a visitor to choose from
    face              photo -> face boxes and identities, with `face_align` and `face_onnx`

Nothing heavy is imported before it is used, and no weights are loaded before `checkpoints.manifest` vouched for them.
"""
