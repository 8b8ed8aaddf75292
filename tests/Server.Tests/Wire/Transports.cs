using System.Net.Quic;
using System.Reflection;
using Xunit.Sdk;

namespace QuicProChat.Mesh.Server.Tests.Wire;

/// <summary>A row of the suite: over WebSocket on TLS.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OverWebSocketAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [["wss"]];
}

/// <summary>A row of the suite: over QUIC; skipped, and counted so, where libmsquic is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OverQuicAttribute : DataAttribute
{
    public OverQuicAttribute() => Skip = QuicListener.IsSupported ? null
        : "QUIC needs the library libmsquic.so.2, which is not installed";

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [["quic"]];
}
