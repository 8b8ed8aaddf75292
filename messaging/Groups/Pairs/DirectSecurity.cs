namespace QuicProChat.Mesh.Messaging.Groups.Pairs;

/// <summary>How the texts of a conversation with one node are to be protected. The numbers are kept on disk.</summary>
public enum DirectSecurity : byte
{
    /// <summary>By an MLS group of two as soon as there is one and no radio is on the way, sealed until then.</summary>
    Auto = 0,

    /// <summary>By an MLS group of two as soon as there is one, also over radios; sealed until then.</summary>
    Mls = 1,

    /// <summary>Always sealed.</summary>
    Sealed = 2,
}

/// <summary>The words for them.</summary>
public static class DirectSecurities
{
    /// <summary>All words.</summary>
    public const string Names = "auto, mls, sealed";

    /// <summary>Takes a word; false if it is none.</summary>
    public static bool TryParse(string text, out DirectSecurity security)
    {
        (bool known, security) = text switch
        {
            "auto" => (true, DirectSecurity.Auto),
            "mls" => (true, DirectSecurity.Mls),
            "sealed" => (true, DirectSecurity.Sealed),
            _ => (false, DirectSecurity.Auto),
        };
        return known;
    }
}
