namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>Why an attestation counts for nothing, or cannot be judged.</summary>
public enum AttestationFault : byte
{
    /// <summary>Nothing is wrong with it.</summary>
    None,

    /// <summary>It is cut, not DER, too large, too deep, or of a form that no card's software makes.</summary>
    Malformed,

    /// <summary>The signature is not one of this certificate over this statement.</summary>
    StatementSignature,

    /// <summary>No authority of the operator's file issued the certificate.</summary>
    UnknownIssuer,

    /// <summary>The issuer's signature on the certificate does not hold.</summary>
    CertificateSignature,

    /// <summary>The certificate is an authority's own, or it is not for signing.</summary>
    KeyUsage,

    /// <summary>The certificate's policy is that of neither a professional card nor a practice card.</summary>
    Policy,

    /// <summary>The certificate names no profession or institution of psychotherapy.</summary>
    Profession,

    /// <summary>The certificate, its holder or its authority is on the operator's block list.</summary>
    Blocked,

    /// <summary>The statement is to hold longer than a year.</summary>
    TooLong,

    /// <summary>The statement or the certificate does not hold yet.</summary>
    NotYetValid,

    /// <summary>The statement or the certificate has ended.</summary>
    Expired,

    /// <summary>Its card, its key or its organisation took it back.</summary>
    Revoked,

    /// <summary>Another living key has an attestation of the same card.</summary>
    Contested,

    /// <summary>Cannot be checked: this node has no clock.</summary>
    NoClock,

    /// <summary>Cannot be checked: this platform lacks the curve or the algorithm.</summary>
    NoAlgorithm,
}

/// <summary>What people read of a fault.</summary>
public static class AttestationFaults
{
    /// <summary>Whether it says nothing against the attestation: it cannot be checked here and now.</summary>
    public static bool CannotCheck(this AttestationFault fault) =>
        fault is AttestationFault.NoClock or AttestationFault.NoAlgorithm;

    /// <summary>One phrase.</summary>
    public static string Describe(this AttestationFault fault) => fault switch
    {
        AttestationFault.None => "valid",
        AttestationFault.Malformed => "it is malformed",
        AttestationFault.StatementSignature => "the signature does not belong to this statement and certificate",
        AttestationFault.UnknownIssuer => "no authority in the file of trust anchors issued the certificate",
        AttestationFault.CertificateSignature => "the authority's signature on the certificate does not hold",
        AttestationFault.KeyUsage => "the certificate is not for signing",
        AttestationFault.Policy => "the certificate is that of neither a professional card nor a practice card",
        AttestationFault.Profession => "the certificate names no profession or institution of psychotherapy",
        AttestationFault.Blocked => "the certificate is on the block list",
        AttestationFault.TooLong => "the statement is to hold longer than a year",
        AttestationFault.NotYetValid => "it does not hold yet",
        AttestationFault.Expired => "it has ended",
        AttestationFault.Revoked => "it was revoked",
        AttestationFault.Contested => "another key has an attestation of the same card",
        AttestationFault.NoClock => "cannot check: this node has no clock",
        AttestationFault.NoAlgorithm => "cannot check: this platform lacks the algorithm",
        _ => "unknown",
    };
}
