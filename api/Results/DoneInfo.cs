namespace QuicProChat.Mesh.Api;

/// <summary>Something was done that has nothing else to say.</summary>
/// <param name="Done">What was done: one sentence for people.</param>
public sealed record DoneInfo(string Done);
