"""Pretrained models that look at a photo: its people, the body part that each pixel shows, its faces.

    people_finder     photo -> people with landmarks and outlines, by `people_detector` and `body_landmarks`
    litert            TFLite networks, run by LiteRT
    found_people      people found so, with the mannequin laid over each
    densepose         photo -> detected bodies, each with an IUV map
    densepose_input   the size at which it is shown a photo
    densepose_export  a TorchScript export of DensePose: loading, running, checking its outputs
    densepose_probe   the order of colours an export takes, found by trying
    densepose_output  the network's output for one person -> an IUV map, in numpy
    operators         the two torchvision operators that DensePose's exports call, where torchvision is not installed
    detections        the people of a photo, for the user to choose from
    face              photo -> face boxes and identities, with `face_align` and `face_onnx`

Nothing heavy is imported before it is used, and no weights are loaded before `checkpoints.manifest` vouched for them.
"""
