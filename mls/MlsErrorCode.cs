namespace QuicProChat.Mesh.Mls;

/// <summary>What was wrong with something that came from outside.</summary>
public enum MlsErrorCode
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The bytes are not a well-formed encoding.</summary>
    Malformed,

    /// <summary>The protocol version is not mls10.</summary>
    UnsupportedVersion,

    /// <summary>The cipher suite is unknown, or differs from the one required here.</summary>
    UnsupportedCipherSuite,

    /// <summary>The message belongs to another group.</summary>
    WrongGroup,

    /// <summary>The message belongs to an epoch that is not, or no longer, available.</summary>
    WrongEpoch,

    /// <summary>The wire format is not allowed for this content or sender.</summary>
    WrongWireFormat,

    /// <summary>The sender is not a member, not an external sender, or may not send this.</summary>
    InvalidSender,

    /// <summary>The message was sent by this member itself.</summary>
    OwnMessage,

    /// <summary>A signature does not hold.</summary>
    InvalidSignature,

    /// <summary>The membership tag does not hold.</summary>
    InvalidMembershipTag,

    /// <summary>The confirmation tag does not hold.</summary>
    InvalidConfirmationTag,

    /// <summary>Authenticated decryption failed.</summary>
    DecryptionFailed,

    /// <summary>The padding holds non-zero bytes.</summary>
    InvalidPadding,

    /// <summary>The key of this generation was used, or fell out of the window.</summary>
    KeyConsumed,

    /// <summary>The generation lies too far ahead.</summary>
    GenerationTooFar,

    /// <summary>The group's ratchet tree is needed and was not supplied.</summary>
    MissingRatchetTree,

    /// <summary>The ratchet tree violates a structural rule.</summary>
    InvalidTree,

    /// <summary>The tree hash differs from the one in the group context.</summary>
    TreeHashMismatch,

    /// <summary>A parent hash does not hold.</summary>
    InvalidParentHash,

    /// <summary>A leaf node is invalid where it appears.</summary>
    InvalidLeafNode,

    /// <summary>The lifetime of a leaf node is over, has not begun, or is too long.</summary>
    InvalidLifetime,

    /// <summary>The application rejects a credential.</summary>
    InvalidCredential,

    /// <summary>The application cannot judge yet; nothing was taken or consumed, so it can be asked again.</summary>
    NotKnownYet,

    /// <summary>The application's rules for the group forbid a proposal or a commit.</summary>
    RefusedByRules,

    /// <summary>A capability that the group needs is missing.</summary>
    UnsupportedCapability,

    /// <summary>A key appears twice where it must be unique.</summary>
    DuplicateKey,

    /// <summary>An extension is malformed, appears twice, or is in the wrong place.</summary>
    InvalidExtension,

    /// <summary>A key package is invalid.</summary>
    InvalidKeyPackage,

    /// <summary>A proposal is invalid by itself.</summary>
    InvalidProposal,

    /// <summary>The proposal type is unknown or not allowed here.</summary>
    UnsupportedProposal,

    /// <summary>The proposals of a commit may not stand together.</summary>
    InvalidProposalList,

    /// <summary>A commit refers to a proposal that was not received.</summary>
    UnknownProposal,

    /// <summary>A commit lacks the path that its proposals require.</summary>
    MissingPath,

    /// <summary>An update path does not fit the tree.</summary>
    InvalidPath,

    /// <summary>A pre-shared key is not available.</summary>
    UnknownPsk,

    /// <summary>A pre-shared key is used in a way that the protocol forbids.</summary>
    InvalidPsk,

    /// <summary>A Welcome is not for any of this client's key packages.</summary>
    NotForThisClient,

    /// <summary>The client takes part in a group of the same id already.</summary>
    DuplicateGroup,

    /// <summary>
    /// The group takes part in no further epoch: this member was removed, or the group is reinitialised.
    /// </summary>
    GroupClosed,

    /// <summary>The new group does not match the ReInit, or is no branch of the old one.</summary>
    InvalidSuccessor,

    /// <summary>
    /// The operation conflicts with the group's state, such as a pending commit or uncommitted proposals.
    /// </summary>
    Conflict,

    /// <summary>A limit of this implementation or of the application's policy is exceeded.</summary>
    LimitExceeded,

    /// <summary>Stored state cannot be read.</summary>
    InvalidState,
}
