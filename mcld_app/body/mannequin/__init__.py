"""The mannequin: skeleton, shape, skinning, pose, and the IUV map it draws."""
