namespace QuicProChat.Mesh.Api;

/// <summary>A request as it came.</summary>
/// <param name="Command">What is asked for.</param>
/// <param name="Arguments">With what: of the command's <see cref="CommandSpec.RequestType"/>.</param>
/// <param name="Tag">What the client calls it; null for nothing.</param>
public readonly record struct Request(CommandSpec Command, object Arguments, RequestTag? Tag);
