/**
 * What a chain is called and what its rules' comments say; made when somebody prints, so that a hundred thousand chains
 * cost no text. One text serves many chains, told apart by a tag.
 */

/** Names and comments of one or more chains. */
export interface ChainText {
  /** Name of the chain with that tag. */
  name(tag: number): string;
  /** What the names of chains of its kind begin with, where names are costly; absent: each chain is a kind of its own. */
  family?(tag: number): string;
  /**
   * Comment of a rule.
   * @param position the rule's place in the chain, from 0
   */
  comment(tag: number, position: number): string | undefined;
}

/** The text of a chain whose rules were given in readable form. */
export class PlainText implements ChainText {
  private readonly chainName: string | (() => string);
  private readonly comments: readonly (string | undefined)[];

  /**
   * @param name the name, or what makes it
   * @param rules their comments are kept
   */
  constructor(name: string | (() => string), rules: readonly { readonly comment?: string }[]) {
    this.chainName = name;
    this.comments = rules.some((rule) => rule.comment !== undefined) ? rules.map((rule) => rule.comment) : [];
  }

  name(): string {
    return typeof this.chainName === 'string' ? this.chainName : this.chainName();
  }

  comment(_tag: number, position: number): string | undefined {
    return this.comments[position];
  }
}
