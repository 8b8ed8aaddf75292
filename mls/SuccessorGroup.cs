namespace QuicProChat.Mesh.Mls;

/// <summary>A group made as the successor of another, and the Welcome for its other members.</summary>
/// <param name="Group">The new group, at epoch 1. It keeps the Welcome, until
/// <see cref="Group.ForgetInvitation"/>.</param>
/// <param name="Welcome">The MLSMessage for the others; empty if there are none.</param>
public sealed record SuccessorGroup(Group Group, byte[] Welcome);
