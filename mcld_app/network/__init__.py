"""The MCLD network on stock diffusers parts: attention processors, two UNets, pose guider, face projector."""
