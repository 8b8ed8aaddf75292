using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>Finds the pre-shared keys that a commit or a Welcome names, and chains them (RFC 9420, section 8.4).</summary>
internal static class PskResolver
{
    /// <summary>Finds a resumption PSK by group and epoch; the caller zeroes the copy.</summary>
    internal delegate byte[]? ResumptionLookup(PreSharedKeyId id);

    internal static MlsError Resolve(
        MlsEnvironment environment, Suite suite, IReadOnlyList<PreSharedKeyId> ids, ResumptionLookup resumption, out byte[] pskSecret)
    {
        pskSecret = [];
        if (ids.Count > PskSecret.MaxCount)
            return Errors.At(MlsErrorCode.LimitExceeded, "8.4");
        List<(PreSharedKeyId Id, byte[] Psk)> found = new(ids.Count);
        try
        {
            foreach (PreSharedKeyId id in ids)
            {
                byte[]? psk = id.IsExternal ? environment.Psks?.Find(id.Id.Span) : resumption(id);
                if (psk is null)
                    return Errors.At(MlsErrorCode.UnknownPsk, "8.4");
                found.Add((id, psk));
            }
            pskSecret = PskSecret.Compute(suite, found);
            return MlsError.None;
        }
        finally
        {
            foreach ((_, byte[] psk) in found)
                Secrets.Zero(psk);
        }
    }
}
