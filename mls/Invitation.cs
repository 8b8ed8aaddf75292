namespace QuicProChat.Mesh.Mls;

/// <summary>A Welcome that waits to be sent, or sent again.</summary>
/// <param name="State">The state that it leads to.</param>
/// <param name="Welcome">The MLSMessage.</param>
public sealed record Invitation(StateId State, byte[] Welcome);
