using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// Finds the pre-shared keys that a commit or a Welcome names, and chains them (RFC 9420, section 8.4).
/// </summary>
internal static class PskResolver
{
    /// <summary>Finds a resumption PSK by group and epoch; the caller zeroes the copy.</summary>
    internal delegate byte[]? ResumptionLookup(PreSharedKeyId id);

    /// <summary>Whether every key is here.</summary>
    internal static bool AreKnown(
        MlsEnvironment environment, IReadOnlyList<PreSharedKeyId> ids, ResumptionLookup resumption)
    {
        foreach (PreSharedKeyId id in ids)
        {
            byte[]? psk = Find(environment, id, resumption);
            if (psk is null)
                return false;
            Secrets.Zero(psk);
        }
        return ids.Count <= PskSecret.MaxCount;
    }

    internal static MlsError Resolve(
        MlsEnvironment environment, Suite suite, IReadOnlyList<PreSharedKeyId> ids, ResumptionLookup resumption,
        out byte[] pskSecret)
    {
        pskSecret = [];
        if (ids.Count > PskSecret.MaxCount)
            return Errors.At(MlsErrorCode.LimitExceeded, "8.4");
        List<(PreSharedKeyId Id, byte[] Psk)> found = new(ids.Count);
        try
        {
            foreach (PreSharedKeyId id in ids)
            {
                byte[]? psk = Find(environment, id, resumption);
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

    // A copy, because what an application gives out may be its only one.
    private static byte[]? Find(MlsEnvironment environment, PreSharedKeyId id, ResumptionLookup resumption) =>
        id.IsExternal ? (byte[]?)environment.Psks?.Find(id.Id.Span)?.Clone() : resumption(id);
}
