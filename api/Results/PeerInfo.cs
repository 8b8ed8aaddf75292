namespace QuicProChat.Mesh.Api;

/// <summary>A neighbour: one link.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Name">What it announces; empty without a name.</param>
/// <param name="Transport">The kind of link: <c>tcp</c>, <c>quic</c>, <c>lora</c>.</param>
/// <param name="Uri">Where it is.</param>
/// <param name="RttMs">Round trip in milliseconds; null before the first answer.</param>
/// <param name="Since">When the link came up.</param>
/// <param name="RxBytes">Bytes received on it.</param>
/// <param name="TxBytes">Bytes sent on it.</param>
public sealed record PeerInfo(
    string Address, string Name, string Transport, string Uri, double? RttMs, DateTimeOffset Since, long RxBytes,
    long TxBytes);
