namespace QuicProChat.Mesh.Mls;

/// <summary>A key package of one's own whose private keys are here.</summary>
/// <param name="KeyPackage">The key package.</param>
/// <param name="IsLastResort">Whether it may be used more than once (RFC 9420, section 16.8).</param>
/// <param name="NotAfter">The end of its lifetime; its keys are kept for <see cref="GroupPolicy.KeyPackageGrace"/>
/// longer.</param>
public sealed record OwnKeyPackage(KeyPackage KeyPackage, bool IsLastResort, DateTimeOffset NotAfter);
