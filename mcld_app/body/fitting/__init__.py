"""The mannequin laid over a picture: by what was found in it, by an IUV map, or by hand.

    landmarks         33 points of a body, seen in a picture and in space
    landmark_places   where those points lie on the mannequin: the one table that hangs on the body's shape
    body_shape        what of the body's shape is fitted; skin and joints as the fitting takes them
    articulated       points of the mannequin as functions of angles and shape, with their exact Jacobian
    camera            the same seen in a picture: turned, scaled, shifted
    pose_fit          landmarks (and an outline, or an IUV map) -> pose, by Gauss and Newton
    silhouette        where the mannequin's outline meets a person's
    snapping          the mannequin's map, bent to a person's outline, and what of it must not be printed
    map_fit           an IUV map -> pose
    manual_fit        the mannequin over a photo, to be moved by hand
"""
