namespace QuicProChat.Mesh.Node.Page;

/// <summary>Where the sessions of the page are kept: rows of a digest and a time.</summary>
internal interface IPageRecords
{
    /// <summary>All rows.</summary>
    IEnumerable<byte[]> Load();

    /// <summary>Keeps a row.</summary>
    ValueTask SaveAsync(byte[] digest, byte[] row);

    /// <summary>Forgets one.</summary>
    ValueTask ForgetAsync(byte[] digest);
}
