"""What a person is (photo, IUV map, texture map, mannequin), in numpy and OpenCV: no torch, no gradio."""
