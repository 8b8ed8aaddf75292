namespace QuicProChat.Mesh.Api;

/// <summary>The request of a command that takes nothing.</summary>
public sealed record NoArguments
{
    /// <summary>The one that clients send.</summary>
    public static NoArguments Instance { get; } = new();
}
